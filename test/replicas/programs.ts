import { must } from '../../src/lib/assert.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { type HistoryEvent } from '../../src/protocol/generated/HistoryEvent.ts';
import { type OrchestratorRequest } from '../../src/protocol/generated/OrchestratorRequest.ts';
import {
  type Action,
  complete,
  continueAsNew,
  createChild,
  createTimer,
  scheduleTask,
} from '../helpers/scripted-worker.ts';

// Orchestrators that decide by nothing but the history they are shown, as those of an SDK do: whoever plays them, and
// however often, comes to the same actions and in the end to the same output.

/** What history says when a turn begins. */
interface Seen {
  readonly instanceId: string;
  readonly input: string;
  /** When this turn began. */
  readonly now: Timestamp;
  /** Ids of what was asked for. */
  readonly asked: ReadonlySet<number>;
  /** Results of activities, children and timers, by the id of what asked for them. */
  readonly results: ReadonlyMap<number, string>;
  /** Ids of activities that failed. */
  readonly failed: ReadonlySet<number>;
  /** Names of raised events, in order. */
  readonly raised: readonly string[];
}

type Program = (seen: Seen) => readonly Action[];

/** The result of every activity is its input and one. */
export function runStep(input: string): string {
  return String(Number(input) + 1);
}

/** Whether an activity of that name fails, every time it is run with that input. */
export function isFailing(name: string, input: string): boolean {
  return name === 'Flaky' && Number(input) < TRIES;
}

/** The activity or orchestration that whoever takes it dies of. */
export const DEADLY = 'Die';

/** The flaky activity succeeds when it is asked for as often. */
const TRIES = 3;
const RETRY_MS = 50;

const step = (id: number, input: string): Action => scheduleTask(id, 'Step', { input: { value: input } });

const programs: Readonly<Record<string, Program>> = {
  /** So many activities one after the other, each with the result of the one before: the output is their number. */
  Chain({ input, asked, results }) {
    const done = results.size;
    const result = results.get(done) ?? '0';
    if (done === Number(input)) return [complete(result)];
    return asked.size > done ? [] : [step(done + 1, result)];
  },

  /** So many activities at once: the output is the sum of their results. */
  FanOut({ input, asked, results }) {
    const ids = numbersTo(Number(input));
    if (asked.size === 0) return ids.map((id) => step(id, String(id)));
    return results.size < ids.length ? [] : [complete(sum(results))];
  },

  /** A timer of so many milliseconds, then an activity. */
  Sleep({ input, now, asked, results }) {
    if (asked.size === 0) return [createTimer(1, later(now, Number(input)))];
    if (!results.has(1)) return [];
    if (!asked.has(2)) return [step(2, input)];
    const result = results.get(2);
    return result === undefined ? [] : [complete(result)];
  },

  /** So many children, each a chain of two: the output is the sum of theirs. */
  Family({ instanceId, input, asked, results }) {
    const ids = numbersTo(Number(input));
    if (asked.size === 0) return ids.map((id) => child(id, instanceId));
    return results.size < ids.length ? [] : [complete(sum(results))];
  },

  /** Its input. */
  Echo: ({ input }) => [complete(input)],

  /** An activity that no worker survives: the output says that somebody noticed. */
  Deadly({ asked, failed }) {
    if (asked.size === 0) return [scheduleTask(1, DEADLY)];
    return failed.has(1) ? [complete('given up')] : [];
  },

  /** So many events with the names e1, e2, …: the output is their names in the order in which they came. */
  Listen({ input, raised }) {
    const names = [...new Set(raised)];
    return names.length < Number(input) ? [] : [complete(names.join())];
  },

  /** A flaky activity until it succeeds, each time after a timer: the output is its result. */
  Retry({ now, asked, results, failed }) {
    const tries = Math.ceil(asked.size / 2);
    const result = results.get(2 * tries - 1);
    if (result !== undefined) return [complete(result)];
    const isNext = asked.size === 0 || (asked.size % 2 === 0 && results.has(2 * tries));
    if (isNext) return [scheduleTask(2 * tries + 1, 'Flaky', { input: { value: String(tries + 1) } })];
    const isTried = asked.size % 2 === 1 && failed.has(2 * tries - 1);
    return isTried ? [createTimer(2 * tries, later(now, RETRY_MS))] : [];
  },

  /** An activity and then anew, so many times: the output is the number of activities. */
  Again({ input, asked, results }) {
    const { left, total } = JSON.parse(input) as { left: number; total: string };
    if (asked.size === 0) return [step(1, total)];
    const result = results.get(1);
    if (result === undefined) return [];
    if (left === 1) return [complete(result)];
    return [continueAsNew(JSON.stringify({ left: left - 1, total: result }))];
  },
};

/** What the orchestrator does in that turn. */
export function play({ instanceId, pastEvents, newEvents }: OrchestratorRequest): readonly Action[] {
  const events = [...pastEvents, ...newEvents];
  const { name, input } = must(
    events.find((event) => event.executionStarted)?.executionStarted,
    'ExecutionStarted in what the worker was sent',
  );
  const now = must(
    newEvents.find((event) => event.orchestratorStarted)?.timestamp,
    'the beginning of the turn',
  );
  const program = must(programs[name], `the program ${name}`);
  return program({
    ...{ instanceId, input: input?.value ?? '' },
    now: { seconds: now.seconds, nanos: now.nanos },
    asked: new Set(events.filter(asks).map(({ eventId }) => eventId)),
    results: new Map(events.flatMap(resultsOf)),
    failed: new Set(events.flatMap(({ taskFailed }) => (taskFailed ? [taskFailed.taskScheduledId] : []))),
    raised: events.flatMap(({ eventRaised }) => (eventRaised ? [eventRaised.name] : [])),
  });
}

/** Whether it is what a turn asked for, and will be answered. */
export function asks(event: HistoryEvent): boolean {
  const { taskScheduled, timerCreated, subOrchestrationInstanceCreated, entityOperationCalled } = event;
  return Boolean(taskScheduled ?? timerCreated ?? subOrchestrationInstanceCreated ?? entityOperationCalled);
}

function resultsOf(event: HistoryEvent): [number, string][] {
  const { taskCompleted, subOrchestrationInstanceCompleted, timerFired } = event;
  if (timerFired) return [[timerFired.timerId, '']];
  const done = taskCompleted ?? subOrchestrationInstanceCompleted;
  return done ? [[done.taskScheduledId, done.result?.value ?? '']] : [];
}

function child(id: number, parent: string): Action {
  return createChild(id, { name: 'Chain', instanceId: `${parent}.${id}`, input: { value: '2' } });
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function sum(results: ReadonlyMap<number, string>): string {
  return String([...results.values()].reduce((total, result) => total + Number(result), 0));
}

export function later({ seconds, nanos }: Timestamp, ms: number): Timestamp {
  const total = nanos + ms * 1e6;
  return { seconds: seconds + Math.floor(total / 1e9), nanos: total % 1e9 };
}
