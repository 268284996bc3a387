import * as fc from 'fast-check';
import { type Call } from './calls.ts';
import { hub, index, often, payload, pick, rarely, statuses, target } from './fields.ts';

const filter = {
  statuses: fc.oneof(often(fc.constant([]), 2), often(fc.subarray([...statuses]), 1)),
  bound: fc.option(fc.record({ pick, isFrom: fc.boolean() }), { freq: 2 }),
};
const pages = { ...filter, hub, replica: index, pageSize: fc.constantFrom(1, 2, 3) };

const batch = { hub, replica: index, targets: fc.array(target, { minLength: 1, maxLength: 3 }) };
const one = { hub, replica: index, target };

/** Calls that look at many instances or change them, or at what is behind one. */
export const operatorCall: fc.Arbitrary<Call> = fc.oneof(
  often(fc.record({ ...one, kind: fc.constant('restart' as const), isBeside: rarely }), 3),
  often(fc.record({ ...one, kind: fc.constant('rewind' as const), reason: payload }), 4),
  often(
    fc.record({
      ...{ ...one, kind: fc.constant('purge' as const) },
      ...{ recurse: fc.boolean(), isOrchestration: fc.boolean() },
    }),
    2,
  ),
  often(fc.record({ ...batch, kind: fc.constant('purge batch' as const), recurse: fc.boolean() }), 1),
  often(
    fc.record({
      ...{ ...filter, kind: fc.constant('purge all' as const), hub, replica: index },
      recurse: fc.boolean(),
    }),
    1,
  ),
  often(fc.record({ ...batch, kind: fc.constant('terminate batch' as const), reason: payload }), 1),
  often(
    fc.record({
      ...{ ...pages, kind: fc.constant('query' as const), withPayloads: fc.boolean() },
      prefix: fc.constantFrom('', '', '', 'a', '%'),
    }),
    3,
  ),
  often(fc.record({ ...pages, kind: fc.constant('list ids' as const) }), 2),
  often(
    fc.record({
      ...{ kind: fc.constant('read history' as const), hub, replica: index, target },
      execution: fc.constantFrom('not said', 'not said', 'current', 'unknown'),
      isForWorker: fc.boolean(),
    }),
    2,
  ),
  often(fc.record({ kind: fc.constant('list hubs' as const), hub, replica: index }), 1),
);
