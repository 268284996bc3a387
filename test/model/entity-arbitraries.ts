import * as fc from 'fast-check';
import { type Call, type ScriptAction } from './calls.ts';
import { type BatchScript, type Deed, type OperationScript } from './entity-calls.ts';
import { hub, index, often, payload, pick, rarely, usually } from './fields.ts';

const entity = fc.nat(3);
const when = fc.constantFrom('now', 'now', 'now', 'past', 'soon', 'late');

const is = <Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);

/** What orchestrations say to entities. */
export const entityAction: fc.Arbitrary<ScriptAction> = fc.oneof(
  often(fc.record({ id: fc.nat(5), kind: is('signal'), entity, when }), 2),
  often(fc.record({ id: fc.nat(5), kind: is('call'), entity }), 3),
  often(fc.record({ id: fc.nat(5), kind: is('lock'), entities: fc.array(entity, { maxLength: 3 }) }), 3),
  often(fc.record({ id: fc.nat(5), kind: is('unlock'), pick }), 2),
);

const operation: fc.Arbitrary<OperationScript> = fc.oneof(
  often(fc.record({ kind: is('signal'), entity, when }), 4),
  often(fc.record({ kind: is('start'), target: fc.nat(4) }), 2),
  often(fc.record({ kind: is('impossible') }), 1),
);

const script: fc.Arbitrary<BatchScript> = fc.record({
  done: fc.oneof(often(fc.constant(0), 6), often(fc.constantFrom(1, 2), 3)),
  hasFailures: rarely,
  state: fc.constantFrom(null, '', '"a"', '"b"'),
  actions: fc.array(operation, { maxLength: 2 }),
  problem: fc.oneof(
    often(is('none' as const), 17),
    often(fc.constantFrom('failed', 'wants the state', 'no results'), 1),
  ),
});

const call = (deed: fc.Arbitrary<Deed>): fc.Arbitrary<Call> =>
  fc.record({ kind: is('entities'), hub, replica: index, deed });

/** Calls that may come at any time, also together with others. */
export const entityCall: fc.Arbitrary<Call> = call(
  fc.oneof(
    often(
      fc.record({
        ...{ kind: is('signal'), entity, name: fc.constantFrom('add', 'Reset'), input: payload },
        ...{ when, hasRequestId: usually, isDoubled: rarely },
      }),
      6,
    ),
    often(fc.record({ kind: is('repeat a signal'), pick }), 1),
  ),
);

export const batchCall: fc.Arbitrary<Call> = call(fc.record({ kind: is('complete a batch'), pick, script }));

export const aloneWithEntities: fc.Arbitrary<Call> = call(
  fc.oneof(
    often(fc.record({ kind: is('abandon a batch'), pick }), 1),
    often(
      fc.record({
        ...{ kind: is('bogus answer to a batch'), pick },
        token: fc.constantFrom('dead', 'mangled', 'of the other hub', 'of a turn'),
      }),
      2,
    ),
    often(fc.record({ kind: is('purge an entity'), entity }), 1),
    often(fc.record({ kind: is('read an entity'), entity }), 1),
    often(
      fc.record({
        ...{ kind: is('query entities'), prefix: fc.constantFrom('', '@Room', 'desk', '@desk@') },
        ...{ withState: fc.boolean(), withTransient: fc.boolean(), pageSize: fc.constantFrom(1, 2, 100) },
      }),
      2,
    ),
    often(fc.record({ kind: is('clean entity storage') }), 1),
  ),
);
