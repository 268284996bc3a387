// Small worlds: which sections the code of each orchestration goes through, as sets of entities, and how often what may
// happen at any moment does.

export interface LockBudget {
  readonly terminations: number;
  readonly renewals: number;
  /** The answer of an orchestration fails it and unlocks all it has asked for, as .NET's do. */
  readonly failures: number;
  readonly rewinds: number;
  /** Unlocks before the grant; the code goes on without the section. */
  readonly earlyUnlocks: number;
  /** Calls before the grant. */
  readonly earlyCalls: number;
  /** Calls inside a section, awaited or not. */
  readonly calls: number;
  /** Signals of clients. */
  readonly signals: number;
  readonly purges: number;
  /** The owner of an entity dies: what it has decided, or a worker has, is done again. */
  readonly deaths: number;
}

export const nothing: LockBudget = {
  ...{ terminations: 0, renewals: 0, failures: 0, rewinds: 0, earlyUnlocks: 0 },
  ...{ earlyCalls: 0, calls: 0, signals: 0, purges: 0, deaths: 0 },
};

export interface LockScenario {
  readonly name: string;
  readonly entities: number;
  readonly plans: readonly (readonly (readonly number[])[])[];
  readonly budget: LockBudget;
}

export const lockScenarios = {
  two: {
    name: 'X{0,1} Y{0,1}; terminations, continue-as-new, deaths, purge',
    entities: 2,
    plans: [[[0, 1]], [[0, 1]]],
    budget: { ...nothing, terminations: 2, renewals: 1, deaths: 1, purges: 1 },
  },
  again: {
    name: 'X{0,1} Y{0}; continue-as-new again',
    entities: 2,
    plans: [[[0, 1]], [[0]]],
    budget: { ...nothing, renewals: 2 },
  },
  chain: {
    name: 'X{0,1,2} Y{1,2}; terminations, continue-as-new, a death',
    entities: 3,
    plans: [[[0, 1, 2]], [[1, 2]]],
    budget: { ...nothing, terminations: 1, renewals: 1, deaths: 1 },
  },
  ring: {
    name: 'X{0,1} Y{1,2} Z{0,2}; a termination',
    entities: 3,
    plans: [[[0, 1]], [[1, 2]], [[0, 2]]],
    budget: { ...nothing, terminations: 1 },
  },
  crowd: {
    name: 'X{0,1} Y{1} Z{0}; a termination, continue-as-new',
    entities: 2,
    plans: [[[0, 1]], [[1]], [[0]]],
    budget: { ...nothing, terminations: 1, renewals: 1 },
  },
  sections: {
    name: 'X{0,1} then {0}, Y{0,1}; a termination, continue-as-new, a death',
    entities: 2,
    plans: [[[0, 1], [0]], [[0, 1]]],
    budget: { ...nothing, terminations: 1, renewals: 1, deaths: 1 },
  },
  disordered: {
    name: 'X{1,0} Y{0,1,0}: orders and duplicates of SDKs; a termination',
    entities: 2,
    plans: [[[1, 0]], [[0, 1, 0]]],
    budget: { ...nothing, terminations: 1 },
  },
  operations: {
    name: 'X{0,1} Y{0}; calls, signals, a termination, a death, a purge',
    entities: 2,
    plans: [[[0, 1]], [[0]]],
    budget: { ...nothing, calls: 2, signals: 1, terminations: 1, deaths: 1, purges: 1 },
  },
  behind: {
    name: 'X{0,1} Y{0,1}; calls before the grant, a signal, a termination',
    entities: 2,
    plans: [[[0, 1]], [[0, 1]]],
    budget: { ...nothing, earlyCalls: 2, signals: 1, terminations: 1 },
  },
  purged: {
    name: 'X{0,1} Y{0,1}; purges, a signal, a death',
    entities: 2,
    plans: [[[0, 1]], [[0, 1]]],
    budget: { ...nothing, purges: 2, signals: 1, deaths: 1 },
  },
  early: {
    name: 'X{0,1} Y{0,1}; unlocks before the grant, a termination, a renewal',
    entities: 2,
    plans: [[[0, 1]], [[0, 1]]],
    budget: { ...nothing, earlyUnlocks: 2, terminations: 1, renewals: 1 },
  },
  rewound: {
    name: 'X{0,1} Y{0,1}; failures with unlocks, rewinds, a death',
    entities: 2,
    plans: [[[0, 1]], [[0, 1]]],
    budget: { ...nothing, failures: 2, rewinds: 2, deaths: 1 },
  },
} as const satisfies Record<string, LockScenario>;

export type LockScenarioName = keyof typeof lockScenarios;
