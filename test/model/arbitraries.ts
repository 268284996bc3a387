import * as fc from 'fast-check';
import {
  type Call,
  type Delivery,
  type Ending,
  type FirstStream,
  type Lanes,
  type Script,
  type ScriptAction,
} from './calls.ts';
import { hub, index, often, payload, pick, rarely, statuses, target, usually, version } from './fields.ts';
import { aloneWithEntities, batchCall, entityAction, entityCall } from './entity-arbitraries.ts';
import { operatorCall } from './operator-arbitraries.ts';

const orchestrator = fc.constantFrom('Order', 'Child');
const eventName = fc.constantFrom('go', 'Stop', 'more');
const replaceable = fc.oneof(
  often(fc.constant(null), 6),
  often(fc.constant(statuses), 2),
  often(fc.subarray([...statuses]), 2),
);

const action: fc.Arbitrary<ScriptAction> = fc.oneof(
  often(
    fc.record({
      id: fc.nat(5),
      kind: fc.constant('task' as const),
      name: fc.constantFrom('A', 'B'),
      version,
      input: payload,
      isTagged: fc.boolean(),
    }),
    4,
  ),
  often(
    fc.record({
      id: fc.nat(5),
      kind: fc.constant('timer' as const),
      when: fc.constantFrom('epoch', 'past', 'soon', 'late'),
      ms: fc.integer({ min: 20, max: 150 }),
    }),
    3,
  ),
  often(
    fc.record({
      id: fc.nat(5),
      kind: fc.constant('child' as const),
      target,
      name: fc.oneof(often(orchestrator, 19), often(fc.constant(''), 1)),
      version,
      input: payload,
      isForgotten: rarely,
    }),
    4,
  ),
  often(
    fc.record({ id: fc.nat(5), kind: fc.constant('send' as const), target, name: eventName, data: payload }),
    4,
  ),
  often(
    fc.record({
      id: fc.nat(5),
      kind: fc.constant('terminate' as const),
      target,
      reason: payload,
      recurse: fc.boolean(),
    }),
    1,
  ),
  often(fc.record({ id: fc.nat(5), kind: fc.constant('unknown' as const) }), 1),
  often(entityAction, 6),
);

const script: fc.Arbitrary<Script> = fc.record({
  actions: fc.array(action, { maxLength: 4 }),
  ending: fc.oneof(
    often(fc.constant('none' as const), 6),
    often(fc.constant('complete' as const), 2),
    often(fc.constant('continue' as const), 3),
    often(fc.constantFrom<Ending>('fail', 'terminate', 'continue and terminate'), 1),
  ),
  result: payload,
  newVersion: version,
  carried: fc.constantFrom('nothing', 'copies', 'copies in reverse', 'names in lower case'),
  customStatus: payload,
  isTraced: fc.boolean(),
  eventsProcessed: fc.oneof(often(fc.constant(0), 9), often(fc.constantFrom(1, 2), 1)),
});

const delivery: fc.Arbitrary<Delivery> = fc.record({
  replicas: fc.oneof(
    often(
      index.map((replica) => [replica]),
      6,
    ),
    often(fc.array(index, { minLength: 2, maxLength: 3 }), 2),
  ),
  order: fc.constantFrom('in order', 'last first', 'first twice'),
  hasToken: usually,
});

/** Calls that may come at any time, also together with others. */
const clientCall: fc.Arbitrary<Call> = fc.oneof(
  often(
    fc.record({
      kind: fc.constant('start' as const),
      hub,
      replica: index,
      target: fc.nat(4),
      hasId: usually,
      name: orchestrator,
      version,
      input: payload,
      isTagged: fc.boolean(),
      hasExecutionId: rarely,
      schedule: fc.constantFrom('none', 'none', 'none', 'epoch', 'soon', 'late'),
      replaceable: fc.constant(null),
    }),
    4,
  ),
  often(
    fc.record({
      kind: fc.constant('raise' as const),
      hub,
      target,
      events: fc.array(fc.record({ replica: index, name: eventName, input: payload }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    5,
  ),
  often(
    fc.record({
      kind: fc.constant('terminate' as const),
      hub,
      replica: index,
      target,
      output: payload,
      recurse: fc.boolean(),
    }),
    2,
  ),
  often(
    fc.record({
      kind: fc.constantFrom('suspend' as const, 'resume' as const),
      hub,
      replica: index,
      target,
      reason: payload,
    }),
    4,
  ),
  often(entityCall, 4),
);

const workerCall: fc.Arbitrary<Call> = fc.oneof(
  often(fc.record({ kind: fc.constant('answer' as const), hub, pick, script, delivery }), 7),
  often(
    fc.record({
      kind: fc.constant('complete activity' as const),
      hub,
      replica: index,
      pick,
      result: payload,
      hasFailed: rarely,
      hasToken: usually,
    }),
    4,
  ),
  often(batchCall, 5),
);

/** Calls that come alone, because what they do at the same time as another isn't a matter of order alone. */
const loneCall: fc.Arbitrary<Call> = fc.oneof(
  often(
    fc
      .tuple(clientCall, replaceable)
      .map(([call, policy]): Call => (call.kind === 'start' ? { ...call, replaceable: policy } : call)),
    16,
  ),
  often(workerCall, 22),
  often(operatorCall, 7),
  often(aloneWithEntities, 4),
  often(
    fc.record({
      kind: fc.constant('read' as const),
      hub,
      replica: index,
      target,
      withPayloads: fc.boolean(),
    }),
    1,
  ),
  often(
    fc.record({
      kind: fc.constant('wait' as const),
      hub,
      replica: index,
      target,
      until: fc.constantFrom('started', 'completed'),
    }),
    1,
  ),
  often(
    fc.record({
      kind: fc.constantFrom('bogus answer' as const, 'bogus result' as const),
      hub,
      replica: index,
      pick,
      token: fc.constantFrom('dead', 'mangled', 'nonsense', 'of the other hub'),
    }),
    3,
  ),
  often(
    fc.record({
      kind: fc.constant('open' as const),
      hub,
      replica: index,
      filters: fc.nat(6),
      limit: fc.nat(2),
    }),
    3,
  ),
  often(fc.record({ kind: fc.constant('lose' as const), hub, pick }), 2),
  often(fc.record({ kind: fc.constant('let time pass' as const), hub }), 1),
  often(
    fc.record({
      kind: fc.constantFrom('abandon turn' as const, 'abandon activity' as const),
      hub,
      replica: index,
      pick,
    }),
    1,
  ),
);

export const firstStreams: fc.Arbitrary<readonly [FirstStream, FirstStream]> = (() => {
  const first = fc.record({
    replica: index,
    filters: fc.oneof(often(fc.constant(0), 3), often(fc.nat(6), 1)),
    limit: fc.nat(2),
  });
  return fc.tuple(first, first);
})();

export const lanes: fc.Arbitrary<Lanes> = fc.oneof(
  often(
    loneCall.map((call) => [[call]]),
    8,
  ),
  often(
    fc.array(clientCall, { minLength: 2, maxLength: 4 }).map((calls) => [calls]),
    1,
  ),
  often(
    fc
      .tuple(fc.array(clientCall, { minLength: 1, maxLength: 2 }), fc.oneof(workerCall, clientCall))
      .map(([calls, other]) => [calls, [other]]),
    1,
  ),
  often(
    fc.array(workerCall, { minLength: 2, maxLength: 3 }).map((calls) => calls.map((call) => [call])),
    1,
  ),
);
