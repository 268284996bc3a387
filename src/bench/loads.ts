import { type Part } from './parts.ts';
import { CHAIN_ITEMS, CHAIN_STEPS, CHILDREN_ITEMS, EVENTS_ITEMS } from './script.ts';

/** Loads that are measured in windows that take turns, in the order in which they are. */
export const loadNames = [
  ...(['workItems', 'unary', 'followedSignals', 'chain', 'queries', 'events', 'subOrchestrations'] as const),
  ...(['starts', 'signalsToOne', 'signalsToMany', 'entityCalls', 'criticalSections'] as const),
];
export type Load = (typeof loadNames)[number];

export interface LoadRow {
  readonly title: string;
  /** Of what judges others there is none. */
  readonly part?: Part;
  /** The load beside which it is judged. */
  readonly judge?: Load;
  /** What is counted: work items, calls of clients, or answers that came back to orchestrations. */
  readonly counted: 'items' | 'calls' | 'results';
  /** As many of these make one of what is shown. */
  readonly perUnit?: number;
  readonly unit: string;
  /** What it is whose time is taken; nothing of the ceiling's work items. */
  readonly timed?: 'orchestrations' | 'calls';
  /** What else is counted beside it. */
  readonly beside?: { readonly counted: 'operations' | 'calls'; readonly title: string };
  readonly reachPercent?: number;
}

const orchestrations = { unit: 'orchestration', timed: 'orchestrations', counted: 'items' } as const;
const calls = { unit: 'call', timed: 'calls', counted: 'calls', judge: 'unary' } as const;
const answers = { timed: 'orchestrations', counted: 'results', judge: 'unary', part: 'entities' } as const;
const operations = { counted: 'operations', title: 'operations carried out' } as const;

export const loads: Readonly<Record<Load, LoadRow>> = {
  workItems: { title: "the ceiling's work items", counted: 'items', unit: 'work item' },
  unary: { title: "the ceiling's unary calls", counted: 'calls', unit: 'call', timed: 'calls' },
  followedSignals: {
    ...{ title: "the ceiling's calls with a work item each", counted: 'calls', unit: 'call', timed: 'calls' },
    beside: operations,
  },
  chain: { ...orchestrations, title: 'the chain', judge: 'workItems', perUnit: CHAIN_ITEMS },
  queries: {
    ...{ ...orchestrations, title: 'the chain under queries', part: 'queries', timed: 'calls' },
    ...{ judge: 'chain', perUnit: CHAIN_ITEMS, beside: { counted: 'calls', title: 'queries answered' } },
  },
  events: {
    ...{ ...orchestrations, title: `${CHAIN_STEPS} events, one after the other`, part: 'events' },
    ...{ judge: 'workItems', perUnit: EVENTS_ITEMS },
  },
  subOrchestrations: {
    ...{ ...orchestrations, title: `${CHAIN_STEPS} sub-orchestrations`, part: 'sub-orchestrations' },
    ...{ judge: 'workItems', perUnit: CHILDREN_ITEMS },
  },
  starts: { ...calls, title: 'starts of what nobody runs yet', part: 'start-only' },
  signalsToOne: {
    ...{ ...calls, title: 'signals to one entity', part: 'entities', beside: operations, reachPercent: 60 },
  },
  signalsToMany: {
    ...{ ...calls, title: 'signals to 1,000 entities', part: 'entities', beside: operations },
    // With so many entities hardly two signals make one batch.
    ...{ judge: 'followedSignals', reachPercent: 60 },
  },
  entityCalls: { ...answers, title: 'calls of entities, answered', unit: 'call', beside: operations },
  criticalSections: { ...answers, title: 'critical sections, 2 of 100 each', unit: 'section' },
};

/** The loads of these parts, and those beside which they are judged. */
export function loadsOf(parts: readonly Part[]): Load[] {
  const wanted = new Set<Load>();
  // A judge stands before those that it judges.
  for (const name of loadNames.toReversed()) {
    const { part, judge } = loads[name];
    if (part !== undefined && parts.includes(part)) wanted.add(name);
    if (wanted.has(name) && judge) wanted.add(judge);
  }
  return loadNames.filter((name) => wanted.has(name));
}
