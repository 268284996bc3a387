import { must } from '../../src/lib/assert.ts';
import { type HistoryEvent } from '../../src/protocol/generated/HistoryEvent.ts';
import { type OrchestratorRequest } from '../../src/protocol/generated/OrchestratorRequest.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { callAction } from '../helpers/entities.ts';
import {
  type Action,
  complete,
  continueAsNew,
  createChild,
  createTimer,
  fail,
  scheduleTask,
} from '../helpers/scripted-worker.ts';
import { type Planned } from './load.ts';
import { asks, isFailing, later, runStep } from './programs.ts';

// Orchestrations drawn from a small grammar. What one does, `run` says to both: to a worker, whose answers are those in
// history, and to the plan, whose answers are what activities, entities and children ought to say. Both come to the
// same output, or an answer was lost, doubled or mixed up.

type Step =
  | { readonly does: 'activities'; readonly count: number }
  | { readonly does: 'timer'; readonly ms: number }
  /** A flaky activity until it succeeds. */
  | { readonly does: 'retry' }
  | { readonly does: 'event'; readonly name: string }
  | { readonly does: 'calls'; readonly entities: readonly string[] }
  | { readonly does: 'children'; readonly children: readonly Child[] }
  /** Continues as new. Events are waited for after the last one: of those before it history tells nothing. */
  | { readonly does: 'again' };

interface Program {
  readonly steps: readonly Step[];
  /** What is known before the first step. */
  readonly value: number;
  /** Who is to be terminated waits for it after its last step. */
  readonly ends: 'completed' | 'failed' | 'terminated';
}

interface Child {
  /** The end of its id. */
  readonly number: number;
  readonly program: Program;
}

type Ask =
  | { readonly for: 'task'; readonly name: string; readonly input: string }
  | { readonly for: 'timer'; readonly ms: number; readonly terminates: readonly Child[] }
  | { readonly for: 'call'; readonly entity: string; readonly input: string }
  /** Answered when it is made; `end` waits for it. */
  | { readonly for: 'child'; readonly child: Child }
  | { readonly for: 'end'; readonly child: Child }
  | { readonly for: 'event'; readonly name: string };

/** Null: it failed. */
type Answer = string | null;
type Running<Result> = Generator<readonly Ask[], Result, readonly Answer[]>;

const REASON = 'as drawn';
const RETRY_MS = 20;
const TERMINATED_AFTER_MS = 50;

const timer = (ms: number, terminates: readonly Child[] = []): Ask => ({ for: 'timer', ms, terminates });

/** One execution: what it asks for, several things at once, and its value in the end or the program that goes on. */
function* run({ steps, value, ends }: Program): Running<Program | number> {
  let sum = value;
  for (const [at, step] of steps.entries()) {
    if (step.does === 'again') return { steps: steps.slice(at + 1), value: sum, ends };
    for (const answer of yield* take(step, sum)) {
      sum = (sum * 31 + (answer === null ? 7 : Number(answer) + 1)) % 1_000_003;
    }
  }
  if (ends === 'terminated') yield [{ for: 'event', name: 'nobody raises this' }];
  return sum;
}

function* take(step: Exclude<Step, { does: 'again' }>, sum: number): Running<readonly Answer[]> {
  switch (step.does) {
    case 'activities':
      return yield Array.from({ length: step.count }, (_, i) => activity('Step', sum + i));
    case 'timer':
      return yield [timer(step.ms)];
    case 'retry':
      for (let attempt = 1; ; attempt++) {
        const answers = yield [activity('Flaky', attempt)];
        if (answers[0] !== null) return answers;
        yield [timer(RETRY_MS)];
      }
    case 'event':
      return yield [{ for: 'event', name: step.name }];
    case 'calls':
      return yield step.entities.map((entity) => ({ for: 'call', entity, input: String(sum) }));
    case 'children':
      return yield* bringUp(step.children);
  }
}

function* bringUp(children: readonly Child[]): Running<readonly Answer[]> {
  const doomed = children.filter(({ program }) => program.ends === 'terminated');
  yield children.map((child) => ({ for: 'child', child }));
  if (doomed.length > 0) {
    yield [timer(TERMINATED_AFTER_MS)];
    // History does not show terminations: they are asked for together with what it shows.
    yield [timer(0, doomed)];
  }
  return yield children.map((child) => ({ for: 'end', child }));
}

function activity(name: string, input: number): Ask {
  return { for: 'task', name, input: String(input) };
}

// ── the plan ──

function outcomeOf(program: Program): Pick<Planned, 'output' | 'failure' | 'isTerminated'> {
  if (program.ends === 'failed') return { output: '', failure: REASON };
  if (program.ends === 'terminated') return { output: REASON, isTerminated: true };
  const running = run(program);
  let asked = running.next();
  while (!asked.done) asked = running.next(asked.value.map(rightAnswer));
  return typeof asked.value === 'number' ? { output: String(asked.value) } : outcomeOf(asked.value);
}

function rightAnswer(ask: Ask): Answer {
  if (ask.for === 'task') return isFailing(ask.name, ask.input) ? null : runStep(ask.input);
  if (ask.for === 'call') return runStep(ask.input);
  if (ask.for !== 'end') return '';
  return ask.child.program.ends === 'completed' ? outcomeOf(ask.child.program).output : null;
}

/** Those of a drawn orchestration, and theirs. */
export function drawnChildren({ id, input }: Pick<Planned, 'id' | 'input'>): Planned[] {
  const { steps } = JSON.parse(input) as Program;
  const children = steps.flatMap((step) => (step.does === 'children' ? step.children : []));
  return children.flatMap(({ number, program }) => {
    const planned = plannedAs(`${id}.${number}`, program);
    return [planned, ...drawnChildren(planned)];
  });
}

function plannedAs(id: string, program: Program): Planned {
  const events = program.steps.flatMap((step) => (step.does === 'event' ? [step.name] : []));
  return { id, name: 'Drawn', input: JSON.stringify(program), events, ...outcomeOf(program) };
}

/** `random` gives numbers from 0 to 1. */
export function draw(id: string, random: () => number): Planned {
  let count = 0;
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const several = <Item>(most: number, make: (i: number) => Item): Item[] =>
    Array.from({ length: upTo(most) }, (_, i) => make(i + 1));
  const step = (depth: number): Step => {
    const choices: readonly (() => Step)[] = [
      () => ({ does: 'activities', count: upTo(4) }),
      () => ({ does: 'timer', ms: upTo(200) }),
      () => ({ does: 'retry' }),
      () => ({ does: 'calls', entities: several(3, (i) => `@echo@${i}`) }),
      () => ({ does: 'children', children: several(2, () => child(depth + 1)) }),
    ];
    return must(choices[upTo(depth < 2 ? 5 : 4) - 1], 'a step')();
  };
  const steps = (depth: number): Step[] => {
    const first = several(3, () => step(depth));
    return random() < 0.3 ? [...first, { does: 'again' }, step(depth)] : first;
  };
  const child = (depth: number): Child => {
    const number = ++count;
    const ends = must((['completed', 'completed', 'failed', 'terminated'] as const)[upTo(4) - 1], 'an end');
    return { number, program: { value: upTo(1000), ends, steps: ends === 'terminated' ? [] : steps(depth) } };
  };
  const last = several(3, (i): Step[] => [{ does: 'event', name: `e${i}` }, step(0)]);
  const ends = upTo(8) === 1 ? 'failed' : 'completed';
  return plannedAs(id, { steps: [...steps(0), ...last.flat()], value: upTo(1000), ends });
}

// ── the worker ──

/** The actions of a turn of a drawn orchestration. */
export function playDrawn({ instanceId, pastEvents, newEvents }: OrchestratorRequest): Action[] {
  const history = [...pastEvents, ...newEvents];
  const now = must(newEvents.find((event) => event.orchestratorStarted)?.timestamp, 'the turn begins');
  const asked = new Set(history.filter(asks).map(({ eventId }) => eventId));
  const answers = new Map([...answersOfEntities(history), ...history.flatMap(answersIn)]);
  const program = programOf(history);
  const running = run(program);
  const actions: Action[] = [];
  const children = new Map<Child, number>();
  let id = 0;
  let turn = running.next();
  while (!turn.done) {
    const known = turn.value.map((ask) => {
      id++;
      if (!asked.has(id)) actions.push(...actionsFor(ask, id, instanceId, now));
      if (ask.for === 'end') return answers.get(children.get(ask.child) ?? 0);
      if (ask.for !== 'child') return answers.get(ask.for === 'event' ? ask.name : id);
      children.set(ask.child, id);
      return '';
    });
    if (!known.every((answer) => answer !== undefined)) return actions;
    turn = running.next(known);
  }
  return [...actions, endOf(turn.value, program, history)];
}

function programOf(history: readonly HistoryEvent[]): Program {
  const started = history.find((event) => event.executionStarted)?.executionStarted;
  return JSON.parse(started?.input?.value ?? '') as Program;
}

type Known = readonly [idOrEvent: number | string, answer: Answer];

function answersIn(event: HistoryEvent): Known[] {
  if (event.eventRaised) return [[event.eventRaised.name, '']];
  if (event.timerFired) return [[event.timerFired.timerId, '']];
  const done = event.taskCompleted ?? event.subOrchestrationInstanceCompleted;
  if (done) return [[done.taskScheduledId, done.result?.value ?? '']];
  const failed = event.taskFailed ?? event.subOrchestrationInstanceFailed;
  return failed ? [[failed.taskScheduledId, null]] : [];
}

/** They name the request, not the action. */
function answersOfEntities(history: readonly HistoryEvent[]): Known[] {
  return history.flatMap(({ entityOperationCompleted: answer }) => {
    const call = history.find(
      ({ entityOperationCalled: asked }) => asked && asked.requestId === answer?.requestId,
    );
    return answer && call ? [[call.eventId, answer.output?.value ?? ''] as const] : [];
  });
}

function actionsFor(ask: Ask, id: number, instanceId: string, now: Timestamp): Action[] {
  const idOf = ({ number }: Child): string => `${instanceId}.${number}`;
  switch (ask.for) {
    case 'task':
      return [scheduleTask(id, ask.name, { input: { value: ask.input } })];
    case 'call':
      return [callAction(id, ask.entity, 'echo', { input: { value: ask.input } })];
    case 'child': {
      const input = { value: JSON.stringify(ask.child.program) };
      return [createChild(id, { name: 'Drawn', instanceId: idOf(ask.child), input })];
    }
    case 'timer': {
      const target = (child: Child) => ({ instanceId: idOf(child), reason: { value: REASON } });
      const ends = ask.terminates.map((child) => ({ id: 90, terminateOrchestration: target(child) }));
      return [createTimer(id, later(now, ask.ms)), ...ends];
    }
    case 'end':
    case 'event':
      return [];
  }
}

function endOf(value: Program | number, { ends }: Program, history: readonly HistoryEvent[]): Action {
  if (typeof value !== 'number') {
    const carryoverEvents = history.filter((event) => event.eventRaised);
    return continueAsNew(JSON.stringify(value), { carryoverEvents });
  }
  return ends === 'failed' ? fail({ errorType: 'Drawn', errorMessage: REASON }) : complete(String(value));
}
