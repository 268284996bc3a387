import { expect, test } from 'vitest';
import { explore } from './checker.ts';
import { alone, type Locking, pairOf, shared } from './lock-order.ts';

// P < Q are instances, P owned by A, Q by B; C and D ids of new instances; tn timers and an activities of P.

const written: readonly Locking[] = [
  {
    name: 'A ends P, which starts two children',
    locks: [shared('A'), ...alone('P', 'id C', 'id D', 't1', 't2', 'a1', 'a2')],
  },
  { name: 'A records a turn of P that sends to Q', locks: [shared('A'), ...alone('P', 'Q')] },
  { name: 'B ends Q, whose parent is P', locks: [shared('B'), ...alone('P', 'Q')] },
  { name: 'B starts two instances', locks: [shared('B'), ...alone('id C', 'id D')] },
  {
    name: 'A fires timers and records activities of P',
    locks: [shared('A'), ...alone('t1', 't2', 'a1', 'a2')],
  },
  {
    name: 'B fires timers and records activities of P',
    locks: [shared('B'), ...alone('P', 't1', 't2', 'a1', 'a2')],
  },
  {
    name: 'B replaces P, which is over',
    locks: [shared('B'), ...alone('P', 'id C', 't1', 't2', 'a1', 'a2')],
  },
  { name: 'B frees P and Q', locks: [shared('B'), ...alone('P', 'Q')] },
  { name: 'A stores an answer for B', locks: [shared('A'), shared('B')] },
  { name: 'B sends to P and stores an answer for A', locks: [shared('B'), ...alone('P'), shared('A')] },
  { name: 'C sends to P and stores an answer for A', locks: [shared('C'), ...alone('P'), shared('A')] },
  { name: 'somebody buries A', locks: alone('A') },
  { name: 'somebody buries B', locks: alone('B') },
  { name: 'A starts over and keeps its activities', locks: alone('A', 'a1', 'a2') },
];

/** What breaks the order, and a transaction of the written order that it deadlocks with. */
const broken: readonly { readonly rule: string; readonly locking: Locking }[] = [
  {
    rule: 'the lock statement takes own and foreign rows together, by key',
    locking: {
      name: 'B records a turn of Q that sends to P, own row first',
      locks: [shared('B'), ...alone('Q', 'P')],
    },
  },
  {
    rule: 'a claim is a batch of its own',
    locking: { name: 'B claims Q and then locks P', locks: [shared('B'), ...alone('Q', 'P')] },
  },
  {
    rule: 'instances are locked before anything is deleted',
    locking: { name: 'B deletes a timer and then locks P', locks: [shared('B'), ...alone('t1', 'P')] },
  },
  {
    rule: 'instances are locked before ids are inserted',
    locking: { name: 'B inserts an id and then locks P', locks: [shared('B'), ...alone('id C', 'P')] },
  },
  {
    rule: 'ids are inserted in their order',
    locking: { name: 'B starts two instances as they come', locks: [shared('B'), ...alone('id D', 'id C')] },
  },
  {
    rule: 'timers are deleted before activities',
    locking: {
      name: 'A records an activity of P and then fires a timer',
      locks: [shared('A'), ...alone('a1', 't1')],
    },
  },
  {
    rule: 'timers are deleted by key',
    locking: { name: 'A fires timers of P as they come', locks: [shared('A'), ...alone('t2', 't1')] },
  },
  {
    rule: 'activities are deleted by key',
    locking: { name: 'A records activities of P as they come', locks: [shared('A'), ...alone('a2', 'a1')] },
  },
  {
    rule: 'the fence comes first',
    locking: { name: 'A locks an activity and then its fence', locks: [...alone('a1'), shared('A')] },
  },
  {
    rule: 'a reaper buries one replica in a transaction',
    locking: { name: 'somebody buries A and C', locks: alone('A', 'C') },
  },
];

const deadlocks = (locking: Locking): string[] =>
  written.flatMap((other) => {
    const { counterexample } = explore(pairOf(locking, other));
    return counterexample ? [other.name] : [];
  });

test('no two transactions in the written order deadlock', () => {
  const found = written.flatMap((locking) => deadlocks(locking).map((other) => `${locking.name} × ${other}`));
  expect(found).toEqual([]);
});

test.each(broken)('a transaction that breaks the rule "$rule" deadlocks', ({ rule, locking }) => {
  const found = deadlocks(locking);
  process.stdout.write(`without "${rule}": ${locking.name} × ${found.join(', ')}\n`);
  expect(found).not.toEqual([]);
});

test('a reaper with a fence deadlocks with another', () => {
  const buries = (me: string, other: string): Locking => ({
    name: `${me} buries ${other}`,
    locks: [shared(me), ...alone(other)],
  });
  expect(explore(pairOf(buries('A', 'B'), buries('B', 'A'))).counterexample?.flaw).toBe('a deadlock');
});
