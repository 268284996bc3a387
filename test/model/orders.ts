// In which orders calls may have taken effect that were made side by side.

import { must } from '../../src/lib/assert.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { Choices } from './choices.ts';
import { letLocksGoOn } from './entity-steps.ts';
import { messageOf, same } from './mismatch.ts';
import { type Operation } from './operations.ts';
import { type Oracle, type Reply } from './oracle.ts';
import { compareStates } from './states.ts';

/** All orders of what is in the lanes, each lane in its own. */
export function* interleavings<T>(lanes: readonly (readonly T[])[]): Generator<readonly T[]> {
  const open = lanes.filter((lane) => lane.length > 0);
  if (open.length === 0) yield [];
  for (const lane of open) {
    const rest = lanes.map((other) => (other === lane ? other.slice(1) : other));
    for (const order of interleavings(rest)) yield [must(lane[0], 'an operation'), ...order];
  }
}

interface Performed {
  readonly order: readonly Operation[];
  readonly replies: ReadonlyMap<Operation, Reply>;
  readonly moment: Timestamp;
}

/** More ways than this are not gone: locks that go on by themselves may do so between all operations. */
const MOST_WAYS = 200;

/** The oracles after these operations, each after another order in which locks went on, or why the replies contradict them. */
export function tryOrder(oracle: Oracle, performed: Performed): (Oracle | string)[] {
  const choices = new Choices();
  const tried = [];
  do tried.push(tryWay(oracle.clone(), performed, choices));
  while (tried.length < MOST_WAYS && choices.next());
  return tried;
}

function tryWay(oracle: Oracle, { order, replies, moment }: Performed, choices: Choices): Oracle | string {
  try {
    for (const operation of order) {
      letControlsArrive(oracle, choices, moment);
      letLocksGoOn(oracle, choices, true);
      applyTo(oracle, operation, must(replies.get(operation), 'a reply'), moment);
    }
    oracle.applyControls(moment);
    letLocksGoOn(oracle, choices, false);
    if (order.length > 1) oracle.saw('calls at the same time took effect one after the other');
    return oracle;
  } catch (error) {
    return messageOf(error);
  }
}

/** What instances told others may cross what is done to these, and what these tell them. */
function letControlsArrive(oracle: Oracle, choices: Choices, moment: Timestamp): void {
  if (oracle.store.nextControl() && choices.choose(2) === 0) oracle.applyControls(moment);
}

function applyTo(oracle: Oracle, operation: Operation, is: Reply, moment: Timestamp): void {
  const should = operation.apply(oracle, is, moment);
  same(`the status of '${operation.text}'`, is.code, should.code);
  same(`the id that '${operation.text}' returned`, is.id, should.id);
  same(`what '${operation.text}' returned`, is.data, should.data);
  if (is.state !== undefined || should.state !== undefined) {
    compareStates(operation.text, is.state ?? null, should.state ?? null);
  }
}

/**
 * Starts and signals that were due meanwhile may have come before what was done, or after it: a termination shows which,
 * and so does a lock.
 */
export function startings(oracle: Oracle): Oracle[] {
  const due = [...oracle.store.timers.values()].filter(
    ({ message, firesAt }) =>
      (message.kind === 'started' || message.kind === 'signal') && firesAt <= Date.now() * 1000,
  );
  return due.slice(0, 3).reduce(
    (oracles, { timerKey }) => [
      ...oracles,
      ...oracles.map((before) => {
        const after = before.clone();
        after.fire(timerKey);
        return after;
      }),
    ],
    [oracle],
  );
}
