import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codec } from './codec.ts';
import { ProtocolError } from './protocol-error.ts';

const text = (...bytes: number[]): Buffer => Buffer.from(bytes);

describe('decoding', () => {
  test('gives scalars that were not sent their defaults and absent messages null', () => {
    expect(codec.decode('ActivityResponse', Buffer.alloc(0))).toEqual({
      instanceId: '',
      taskId: 0,
      result: null,
      failureDetails: null,
      completionToken: '',
    });
  });

  test('tells the case of a oneof, an empty message included', () => {
    const event = codec.decodeEvent(codec.encodeEvent({ eventId: -1, orchestratorStarted: {} }));
    expect(event).toEqual({
      eventId: -1,
      timestamp: null,
      eventType: 'orchestratorStarted',
      orchestratorStarted: {},
    });
  });

  test('gives an event without a case when its case is unknown', () => {
    const event = codec.decodeEvent(text(0x08, 7, 0xfa, 0x06, 1, 0));
    expect(event).toEqual({ eventId: 7, timestamp: null });
    expect(event.eventType).toBeUndefined();
  });

  test('keeps enum numbers that it does not know', () => {
    const { orchestrationStatus } = codec.decode('ExecutionCompletedEvent', text(0x08, 42));
    expect(orchestrationStatus).toBe(42);
  });

  test('tells an empty wrapper from an absent one', () => {
    const bytes = codec.encode('RaiseEventRequest', { instanceId: 'a', input: { value: '' } });
    expect(codec.decode('RaiseEventRequest', bytes).input).toEqual({ value: '' });
  });

  test('reads enums that are packed and enums that are not', () => {
    const packed = codec.decode('OrchestrationIdReusePolicy', text(0x0a, 2, 1, 3));
    const apart = codec.decode('OrchestrationIdReusePolicy', text(0x08, 1, 0x08, 3));
    expect(packed.replaceableStatus).toEqual([
      'ORCHESTRATION_STATUS_COMPLETED',
      'ORCHESTRATION_STATUS_FAILED',
    ]);
    expect(apart).toEqual(packed);
  });

  test('passes over fields of newer and older protocols', () => {
    const bytes = text(0x08, 1, 0x10, 2, 0xf9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x06, 1, 2, 3, 4);
    expect(codec.decode('OrchestrationIdReusePolicy', bytes)).toEqual({
      replaceableStatus: ['ORCHESTRATION_STATUS_COMPLETED'],
    });
  });

  test('passes over the name that a newer worker may give itself', () => {
    const bytes = Buffer.concat([text(0x08, 5, 0x62, 2), Buffer.from('w1')]);
    expect(codec.decode('GetWorkItemsRequest', bytes)).toEqual({
      ...codec.decode('GetWorkItemsRequest', Buffer.alloc(0)),
      maxConcurrentOrchestrationWorkItems: 5,
    });
  });
});

describe('maps', () => {
  test('hold any key without touching prototypes', () => {
    const keys = ['__proto__', 'constructor', 'toString', ''];
    const tags = Object.fromEntries(keys.map((key) => [key, `value of ${key}`]));
    const decoded = codec.decode('ExecutionStartedEvent', codec.encode('ExecutionStartedEvent', { tags }));
    expect(Object.entries(decoded.tags)).toEqual(Object.entries(tags));
    expect(Object.getPrototypeOf(decoded.tags)).toBe(Object.prototype);
  });

  test('hold structured values', () => {
    const properties = {
      nested: { structValue: { fields: { list: { listValue: { values: [{ numberValue: 1.5 }] } } } } },
      nothing: { nullValue: 'NULL_VALUE' as const },
    };
    const decoded = codec.decode('TaskFailureDetails', codec.encode('TaskFailureDetails', { properties }));
    expect(decoded.properties).toMatchObject(properties);
  });
});

describe('timestamps', () => {
  test('keep seconds and nanoseconds of any time that .NET, Java and Python can name', () => {
    const times = fc.record({
      seconds: fc.integer({ min: -62135596800, max: 253402300799 }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
    });
    fc.assert(
      fc.property(times, (timestamp) => {
        expect(codec.decodeEvent(codec.encodeEvent({ timestamp })).timestamp).toEqual(timestamp);
      }),
    );
  });

  test('that a number cannot hold are refused', () => {
    const seconds = text(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    const event = Buffer.concat([text(0x12, seconds.length), seconds]);
    expect(() => codec.decodeEvent(event)).toThrow(/invalid HistoryEvent: an integer is out of range/);
  });
});

describe('malformed bytes', () => {
  const event = codec.encodeEvent({
    eventId: -1,
    timestamp: { seconds: 1_700_000_000, nanos: 5 },
    executionStarted: { name: 'order', input: { value: '{"é":1}' }, tags: { a: 'b' } },
  });
  const cases: [string, Buffer, RegExp][] = [
    ['a string that is cut short', text(0x0a, 5, 65), /cut short/],
    ['a message that ends in its tag', text(0x80), /cut short/],
    ['a wrapper that ends inside its string', text(0x1a, 3, 0x0a, 9, 65), /cut short/],
    ['a field with number 0', text(0x00, 1), /impossible number/],
    [
      'a string where a number belongs',
      text(0x12, 1, 65),
      /ActivityResponse.taskId has wire type 2 instead of 0/,
    ],
    [
      'a number where a string belongs',
      text(0x08, 1),
      /ActivityResponse.instanceId has wire type 0 instead of 2/,
    ],
    ['a group', text(0x7b, 0x7c), /wire type/],
    ['an integer without an end', text(0x10, ...Array<number>(11).fill(0x80)), /longer than ten bytes/],
    [
      'a string that is not UTF-8',
      text(0x0a, 2, 0xc3, 0x28),
      /ActivityResponse.instanceId is not valid UTF-8/,
    ],
    [
      'a wrapped string that is not UTF-8',
      text(0x1a, 3, 0x0a, 1, 0xff),
      /StringValue.value is not valid UTF-8/,
    ],
    [
      'a long string that is not UTF-8',
      Buffer.concat([text(0x0a, 0xc8, 1), Buffer.alloc(200, 0xe9)]),
      /not valid UTF-8/,
    ],
  ];

  test.each(cases)('are refused: %s', (_what, bytes, message) => {
    expect(() => codec.decode('ActivityResponse', bytes)).toThrow(ProtocolError);
    expect(() => codec.decode('ActivityResponse', bytes)).toThrow(message);
  });

  test('are refused when a key of a map is not UTF-8', () => {
    const bytes = text(0x4a, 3, 0x0a, 1, 0xff);
    expect(() => codec.decode('ExecutionStartedEvent', bytes)).toThrow(
      /ExecutionStartedEvent.tags is not valid UTF-8/,
    );
  });

  test('are refused when a message claims two cases of one oneof', () => {
    const both = text(0x72, 0, 0x7a, 0);
    expect(() => codec.decodeEvent(both)).toThrow(
      /orchestratorStarted and .*orchestratorCompleted exclude each other/,
    );
  });

  test('are refused when failures are nested without end, and what is let in can be sent on', () => {
    const nested = (depth: number): Buffer => {
      let bytes: Buffer = Buffer.alloc(0);
      for (let level = 0; level < depth; level++) {
        const head = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
        bytes = Buffer.concat([text(0x22, ...head), bytes]);
      }
      return bytes;
    };
    expect(() => codec.decode('TaskFailureDetails', nested(95))).toThrow(/nested too deeply/);
    const failureDetails = codec.decode('TaskFailureDetails', nested(90));
    const carryoverEvents = [codec.decodeEvent(codec.encodeEvent({ taskFailed: { failureDetails } }))];
    const actions = [{ completeOrchestration: { carryoverEvents } }];
    expect(() => codec.encode('OrchestratorResponse', { actions })).not.toThrow();
  });

  test('never end in another error, whatever happens to a byte', () => {
    const changes = fc.record({ at: fc.nat(event.length - 1), to: fc.nat(255), cut: fc.nat(event.length) });
    fc.assert(
      fc.property(changes, ({ at, to, cut }) => {
        const bytes = Buffer.from(event.subarray(0, Math.max(cut, at)));
        if (at < bytes.length) bytes[at] = to;
        try {
          codec.decodeEvent(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('never end in another error when they are random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          codec.decode('OrchestratorResponse', Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('what is decoded can be encoded again and means the same', () => {
  const response = {
    instanceId: 'order-1',
    customStatus: { value: '"half"' },
    completionToken: 'token',
    actions: [
      { id: 1, scheduleTask: { name: 'charge', tags: { region: 'eu' } } },
      { id: 2, sendEntityMessage: { entityUnlockSent: { criticalSectionId: 'c' } } },
      {
        id: 3,
        completeOrchestration: {
          orchestrationStatus: 'ORCHESTRATION_STATUS_CONTINUED_AS_NEW' as const,
          carryoverEvents: [{ eventId: -1, eventRaised: { name: 'go' } }],
        },
      },
    ],
  };
  const decoded = codec.decode('OrchestratorResponse', codec.encode('OrchestratorResponse', response));
  expect(decoded).toMatchObject(response);
  expect(codec.decode('OrchestratorResponse', codec.encode('OrchestratorResponse', decoded))).toEqual(
    decoded,
  );
});

describe('a message of more values than memory is to be spent on is refused', () => {
  test.each([
    // OrchestratorResponse.actions = 2, each empty.
    ['messages', 'OrchestratorResponse', (n: number) => Buffer.alloc(2 * n, text(0x12, 0))],
    // OrchestrationIdReusePolicy.replaceableStatus = 1, apart and packed.
    ['numbers', 'OrchestrationIdReusePolicy', (n: number) => Buffer.alloc(2 * n, text(0x08, 1))],
    [
      ...(['numbers in one run', 'OrchestrationIdReusePolicy'] as const),
      (n: number) =>
        Buffer.concat([text(0x0a, 0x80 | (n & 127), 0x80 | ((n >> 7) & 127), n >> 14), Buffer.alloc(n)]),
    ],
  ] as const)('%s', (_, name, make) => {
    expect(() => codec.decode(name, make(2_000_001))).toThrow('it has more than 2000000 values');
  });
});
