import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codec } from './codec.ts';
import {
  activityWorkItem,
  CHUNK,
  emptyMessage,
  entityWorkItem,
  eventTimestamp,
  frame,
  frameAll,
  type FrameTag,
  healthPing,
  NEW,
  orchestratorWorkItem,
  PAST,
  retag,
  sizeOfOrchestratorWorkItem,
  splitFrames,
  unframe,
  withStartId0,
} from './framing.ts';
import { ProtocolError } from './protocol-error.ts';

const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('x'.repeat(300)));
const timestamps = fc.record({
  seconds: fc.oneof(fc.integer({ min: -62135596800, max: 253402300799 }), fc.constant(0)),
  nanos: fc.integer({ min: -1, max: 999_999_999 }),
});
const histories = fc.array(
  fc.record({
    eventId: fc.integer({ min: -1, max: 1000 }),
    timestamp: timestamps,
    eventRaised: fc.record({ name: texts, input: fc.record({ value: texts }) }),
  }),
  { maxLength: 12 },
);
const encoded = histories.map((events) => events.map((event) => codec.encodeEvent(event)));
const tags = fc.constantFrom<FrameTag>(PAST, NEW, CHUNK);

/** Puts every event into rows of two, as history is stored. */
function rowsOf(events: readonly Buffer[]): Buffer[] {
  const rows: Buffer[] = [];
  for (let at = 0; at < events.length; at += 2) rows.push(frameAll(events.slice(at, at + 2), PAST));
  return rows;
}

describe('frames', () => {
  test('are what the codec makes of past events, new events and history chunks', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const events = history.map((event) => codec.encodeEvent(event));
        expect(frameAll(events, PAST)).toEqual(codec.encode('OrchestratorRequest', { pastEvents: history }));
        expect(frameAll(events, NEW)).toEqual(codec.encode('OrchestratorRequest', { newEvents: history }));
        expect(frameAll(events, CHUNK)).toEqual(codec.encode('HistoryChunk', { events: history }));
      }),
    );
  });

  test('of a history for readers have the id 0 at ExecutionStarted alone', () => {
    const history = [
      { eventId: -1, orchestratorStarted: {} },
      { eventId: -1, executionStarted: { name: 'Order' } },
      { eventId: 1, taskScheduled: { name: 'Pay' } },
    ];
    const row = frameAll(
      history.map((event) => codec.encodeEvent(event)),
      PAST,
    );
    const { events } = codec.decode('HistoryChunk', retag(withStartId0(row), CHUNK));
    expect(events.map(({ eventType, eventId }) => [eventType, eventId])).toEqual([
      ['orchestratorStarted', -1],
      ['executionStarted', 0],
      ['taskScheduled', 1],
    ]);
  });

  test('of one event are the same as of a list of one', () => {
    const event = codec.encodeEvent({ eventId: 1, orchestratorStarted: {} });
    expect(frame(event, NEW)).toEqual(frameAll([event], NEW));
  });

  test('give back their events', () => {
    fc.assert(
      fc.property(encoded, tags, (events, tag) => {
        expect(unframe(frameAll(events, tag))).toEqual(events);
      }),
    );
  });

  test('of a large event have a length of several bytes', () => {
    const event = codec.encodeEvent({
      eventRaised: { name: 'big', input: { value: 'y'.repeat(3_000_000) } },
    });
    const [only, ...others] = unframe(frame(event, PAST));
    expect(only?.equals(event)).toBe(true);
    expect(others).toEqual([]);
  });

  test('with another tag are those that would have been made with it, and the old ones stay', () => {
    fc.assert(
      fc.property(encoded, tags, tags, (events, from, to) => {
        const frames = frameAll(events, from);
        expect(retag(frames, to)).toEqual(frameAll(events, to));
        expect(frames).toEqual(frameAll(events, from));
      }),
    );
  });

  test('that are damaged are refused', () => {
    const frames = frame(codec.encodeEvent({ eventId: 1, orchestratorStarted: {} }), PAST);
    expect(() => unframe(frames.subarray(0, -1))).toThrow(ProtocolError);
    expect(() => retag(Buffer.from([0x08, 1]), CHUNK)).toThrow(ProtocolError);
  });
});

describe('splitting', () => {
  test('keeps every event in order, and pieces within the limit unless a frame alone is larger', () => {
    fc.assert(
      fc.property(encoded, fc.integer({ min: 1, max: 500 }), (events, maxBytes) => {
        const pieces = splitFrames(rowsOf(events), CHUNK, maxBytes);
        expect(Buffer.concat(pieces)).toEqual(frameAll(events, CHUNK));
        for (const piece of pieces) {
          const count = unframe(piece).length;
          expect(count).toBeGreaterThan(0);
          if (count > 1) expect(piece.length).toBeLessThanOrEqual(maxBytes);
        }
      }),
    );
  });

  test('fills pieces as far as it can', () => {
    const event = codec.encodeEvent({ eventId: 1, orchestratorStarted: {} });
    const size = frame(event, CHUNK).length;
    const pieces = splitFrames(rowsOf(Array<Buffer>(7).fill(event)), CHUNK, size * 3);
    expect(pieces.map((piece) => piece.length / size)).toEqual([3, 3, 1]);
  });

  test('of nothing gives nothing', () => {
    expect(splitFrames([], CHUNK, 100)).toEqual([]);
    expect(splitFrames([Buffer.alloc(0)], CHUNK, 100)).toEqual([]);
  });
});

describe('work items', () => {
  const contexts = fc.option(fc.record({ spanID: fc.record({ value: texts }), spanStartTime: timestamps }), {
    nil: undefined,
  });

  test('of turns are what the codec makes of them, and their size is known without making them', () => {
    const turns = fc.record({
      instanceId: texts,
      executionId: texts,
      token: texts,
      past: histories,
      next: histories,
      context: contexts,
      streaming: fc.boolean(),
    });
    fc.assert(
      fc.property(turns, ({ instanceId, executionId, token, past, next, context, streaming }) => {
        const item = {
          ...{ instanceId, executionId, token, streaming },
          past: rowsOf(past.map((event) => codec.encodeEvent(event))),
          next: frameAll(
            next.map((event) => codec.encodeEvent(event)),
            NEW,
          ),
          ...(context ? { traceContext: codec.encode('OrchestrationTraceContext', context) } : {}),
        };
        const expected = codec.encode('WorkItem', {
          orchestratorRequest: {
            instanceId,
            executionId: { value: executionId },
            pastEvents: streaming ? [] : past,
            newEvents: next,
            entityParameters: { entityMessageReorderWindow: {} },
            ...(streaming ? { requiresHistoryStreaming: true } : {}),
            ...(context ? { orchestrationTraceContext: context } : {}),
          },
          completionToken: token,
        });
        expect(orchestratorWorkItem(item)).toEqual(expected);
        expect(sizeOfOrchestratorWorkItem(item)).toBe(expected.length);
      }),
    );
  });

  test('of activities are what the codec makes of them', () => {
    const requests = fc.record({
      name: texts,
      taskId: fc.integer({ min: 1 }),
      input: fc.record({ value: texts }),
    });
    fc.assert(
      fc.property(requests, texts, (activityRequest, token) => {
        const item = activityWorkItem(codec.encode('ActivityRequest', activityRequest), token);
        expect(item).toEqual(codec.encode('WorkItem', { activityRequest, completionToken: token }));
      }),
    );
  });

  test('of entities are what the codec makes of them', () => {
    const items = fc.record({
      ...{ instanceId: texts, executionId: texts, token: texts },
      state: fc.option(texts, { nil: null }),
      events: histories,
    });
    fc.assert(
      fc.property(items, ({ instanceId, executionId, token, state, events }) => {
        const operations = events.map((event) => codec.encodeEvent(event));
        const entityRequestV2 = {
          ...{ instanceId, executionId, operationRequests: events },
          entityState: state === null ? null : { value: state },
        };
        expect(entityWorkItem({ instanceId, executionId, state, operations, token })).toEqual(
          codec.encode('WorkItem', { entityRequestV2, completionToken: token }),
        );
      }),
    );
  });

  test('of health pings are what the codec makes of them', () => {
    expect(healthPing).toEqual(codec.encode('WorkItem', { healthPing: {} }));
    expect(emptyMessage).toEqual(codec.encode('CompleteTaskResponse', {}));
  });
});

describe('the timestamp of an event', () => {
  test('is read as the codec reads it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const event of history) {
          const bytes = codec.encodeEvent(event);
          expect(eventTimestamp(bytes)).toEqual(codec.decodeEvent(bytes).timestamp);
        }
      }),
    );
  });

  test('is found behind other fields and with fields of newer protocols inside', () => {
    const behind = Buffer.from([0x72, 0, 0x12, 6, 0x08, 5, 0x1a, 0, 0x10, 9]);
    expect(eventTimestamp(behind)).toEqual({ seconds: 5, nanos: 9 });
  });

  test('is undefined when there is none', () => {
    expect(eventTimestamp(codec.encodeEvent({ eventId: 3, orchestratorStarted: {} }))).toBeUndefined();
  });
});
