import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isTerminal } from '../../src/domain/instance.ts';
import { type Kind, kinds, plan } from '../replicas/load.ts';
import { withChildren } from '../replicas/check.ts';
import { fuzzFor } from '../helpers/fuzz.ts';
import { Simulation } from './simulation.ts';

// What happens inside one replica, in every order that a scheduler draws: answers of workers, commits, claims, loads,
// streams that break, terminations and purges. When nothing is left to happen, everything must have ended by itself:
// no hint is lost here, so a wake-up that is missing can't be made up for by a sweep.

const SECONDS = 10;
/** On however slow a machine. */
const LEAST_ORDERS = 20;
/** For what is put off until its time has come: a termination gives a worker one second. */
const ROUNDS = 50;
const ROUND_MS = 1_500;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Operation =
  | { readonly does: 'start'; readonly kind: Kind }
  | { readonly does: 'terminate' | 'suspend' | 'purge'; readonly which: number }
  | { readonly does: 'break' | 'wait' };

const which = fc.nat({ max: 7 });
const operations = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(...kinds.filter(([name]) => name !== 'Sleep'))
        .map((kind) => ({ does: 'start', kind }) as const),
    },
    { weight: 1, arbitrary: which.map((which) => ({ does: 'terminate', which }) as const) },
    { weight: 2, arbitrary: which.map((which) => ({ does: 'suspend', which }) as const) },
    { weight: 1, arbitrary: which.map((which) => ({ does: 'purge', which }) as const) },
    { weight: 1, arbitrary: fc.constant({ does: 'break' } as const) },
    { weight: 1, arbitrary: fc.constant({ does: 'wait' } as const) },
  ),
  { minLength: 1, maxLength: 10 },
);

function begin(simulation: Simulation, operation: Operation, number: number): void {
  switch (operation.does) {
    case 'start':
      simulation.start(operation.kind, `${operation.kind[0].toLowerCase()}-${number}`);
      return;
    case 'break':
      simulation.later('a stream breaks', () => {
        simulation.breakStream();
      });
      return;
    case 'wait':
      simulation.later('time passes', () => {
        wait(simulation);
      });
      return;
    case 'terminate':
    case 'suspend':
    case 'purge':
      simulation.later(`${operation.does} the ${operation.which}.`, () => {
        const roots = [...simulation.store.rows.instances.values()].filter(({ parent }) => parent === null);
        const id = roots[operation.which]?.id;
        if (id !== undefined) simulation[operation.does](id);
      });
  }
}

function wait({ dispatch }: Simulation): void {
  vi.advanceTimersByTime(ROUND_MS);
  dispatch.expireLeases();
}

async function settle(scheduler: fc.Scheduler, simulation: Simulation): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await scheduler.waitIdle();
    if (simulation.dispatch.outstanding === 0 && simulation.store.ownsNothing) return;
    wait(simulation);
  }
}

function faultsOf(simulation: Simulation, sequence: readonly Operation[]): string[] {
  const { rows } = simulation.store;
  const starts = sequence.flatMap((one, i) => (one.does === 'start' ? [plan(i, one.kind)] : []));
  const planned = new Map(starts.flatMap(withChildren).map((one) => [one.id, one]));
  const left = [...rows.instances.values()].flatMap(({ id, status, output }) => {
    if (!isTerminal(status)) return [`${id} is ${status}`];
    const isRight = status === 'terminated' || output === planned.get(id)?.output;
    return isRight ? [] : [`${id} ended as ${status} with ${String(output)}`];
  });
  return [
    ...simulation.faults,
    ...left,
    ...(rows.activities.size === 0 ? [] : [`${rows.activities.size} activities are left`]),
    ...([...rows.inbox.values()].every((inbox) => inbox.length === 0) ? [] : ['messages are left']),
    ...(simulation.dispatch.residents.count === 0 ? [] : ['residents are left']),
    ...(simulation.isFree ? [] : ['slots are taken']),
  ];
}

test('in whatever order the steps of a replica happen, everything ends, and nothing is left', async () => {
  const property = fc.asyncProperty(fc.scheduler(), operations, async (scheduler, sequence) => {
    const simulation = new Simulation(scheduler);
    for (const [number, operation] of sequence.entries()) begin(simulation, operation, number);
    await settle(scheduler, simulation);
    expect(faultsOf(simulation, sequence)).toEqual([]);
  });
  expect(await fuzzFor(property, SECONDS), 'orders that were tried').toBeGreaterThan(LEAST_ORDERS);
}, 30_000);
