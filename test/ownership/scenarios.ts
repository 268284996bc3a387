// The bounded worlds. Each is small in one way and rich in another; all are explored to their ends with every rule in
// force, and a rule that is dropped is dropped in one of them.

import {
  type AnswerSpec,
  type Budget,
  type InstanceSpec,
  type Item,
  type MessageSpec,
  type Scenario,
  type Side,
} from './scenario.ts';

const ownedByA: InstanceSpec = { owner: 'A' };

function event(via: Side, after?: string): MessageSpec {
  return { kind: 'event', via, ...(after !== undefined && { after }) };
}

function control(kind: 'suspend' | 'resume' | 'terminate', via: Side, after?: string): MessageSpec {
  return { kind, via, ...(after !== undefined && { after }) };
}

const firstLife = { life: 1, generation: 0 };

const goesOn: AnswerSpec = { says: 'goes on' };
const completes: AnswerSpec = { says: 'completes', ends: true };

/** Everything that may go wrong, once. */
const everything: Partial<Budget> = { crashes: 1, pauses: 1, lostConnections: 1, lostHints: 1, releases: 1 };

/** A's instance, to which a client sends through B and then through A, while others do as they like. */
const inOrder = { m1: event('B'), m2: event('A', 'm1') };

/** P is A's and starts the child C in its first turn; `ev` makes it continue as new. */
function family(
  child: InstanceSpec | 'absent',
  more: Record<string, MessageSpec>,
  isEager = false,
): Omit<Scenario, 'name'> {
  const isStranger = child !== 'absent' && child.status !== 'over';
  const life = child === 'absent' ? 1 : 2;
  return {
    instances: { P: { ...ownedByA, inbox: ['go'] }, C: child },
    messages: {
      go: { kind: 'started' },
      childStarted: { kind: 'started', to: 'C', key: { life, generation: 0 } },
      childResult: { kind: 'result', key: firstLife, endOf: { child: 'C', life } },
      childFailed: { kind: 'result', key: firstLife, ...(isStranger && { owedFor: 'go' }) },
      ...more,
    },
    answers: (item: Item): AnswerSpec[] => {
      if (item.instance === 'C') return [completes];
      const starts = item.has('go')
        ? [{ child: 'C', started: 'childStarted', failed: 'childFailed', isEager }]
        : [];
      return [item.has('ev') ? { says: 'continues as new', renews: true, starts } : { ...goesOn, starts }];
    },
  };
}

/** P is A's and starts the child C, which naps; each ends when what it waits for comes. */
function napping(
  child: InstanceSpec | 'absent',
  more: Record<string, MessageSpec>,
): Omit<Scenario, 'name' | 'budget'> {
  return {
    instances: { P: { ...ownedByA, inbox: ['go'] }, C: child },
    messages: {
      go: { kind: 'started' },
      childStarted: { kind: 'started', to: 'C', key: firstLife },
      nap: { kind: 'result', to: 'C', from: 'timer', key: firstLife },
      childResult: { kind: 'result', key: firstLife, endOf: { child: 'C', life: 1 } },
      childFailed: { kind: 'result', key: firstLife },
      ...more,
    },
    answers: (item: Item): AnswerSpec[] => {
      if (item.has('go')) {
        const start = { child: 'C', started: 'childStarted', failed: 'childFailed' };
        return [{ says: 'starts a child', starts: [start] }];
      }
      if (item.has('childStarted')) return [{ says: 'naps', makes: ['nap'] }];
      return [item.has('childResult') || item.has('nap') ? completes : goesOn];
    },
    hasPoller: true,
  };
}

/** Two generations of P: the first one makes a timer and renews itself for `m1`, the second one ends with its own. */
const generations: Omit<Scenario, 'name' | 'budget'> = {
  instances: { P: { ...ownedByA, inbox: ['go'] } },
  messages: {
    go: { kind: 'started' },
    again: { kind: 'started', key: { life: 1, generation: 1 }, owedFor: 'm1' },
    t1: { kind: 'result', from: 'timer', key: firstLife },
    t2: { kind: 'result', from: 'timer', key: { life: 1, generation: 1 } },
    m1: event('B'),
  },
  answers: (item) => {
    if (item.has('m1')) return [{ says: 'continues as new', renews: true, carries: ['again'] }];
    if (item.has('go')) return [{ says: 'makes a timer', makes: ['t1'] }];
    if (item.has('again')) return [{ says: 'makes another timer', makes: ['t2'] }];
    return [item.has('t2') ? completes : goesOn];
  },
  hasPoller: true,
};

const suspension = { e1: event('B'), hold: control('suspend', 'A'), go: control('resume', 'B', 'hold') };
const itemIsOut: Pick<Scenario, 'instances'> = { instances: { P: { ...ownedByA, inbox: ['e0'] } } };
const e0: MessageSpec = { kind: 'event' };

const timersAndEnd: Omit<Scenario, 'name'> = {
  instances: { P: ownedByA },
  messages: {
    t1: { kind: 'result', from: 'timer', key: firstLife },
    t2: { kind: 'result', from: 'timer', key: firstLife },
    last: event('B'),
  },
  rows: ['t1', 't2'],
  answers: (item) => [item.has('last') ? completes : goesOn],
};

const activity: Omit<Scenario, 'name'> = {
  instances: { P: { ...ownedByA, inbox: ['go'] } },
  messages: { go: { kind: 'event' }, done: { kind: 'result', from: 'activity', key: firstLife } },
  answers: (item) => [item.has('go') ? { says: 'calls an activity', makes: ['done'] } : goesOn],
  answersElsewhere: true,
};

const replacement: Omit<Scenario, 'name'> = {
  instances: { P: ownedByA },
  messages: {
    last: event('A'),
    again: { kind: 'replace', via: 'B', after: 'last' },
    old: { kind: 'result', from: 'activity', key: firstLife },
    fresh: event('B', 'again'),
  },
  rows: ['old'],
  answers: (item) => [item.has('last') ? completes : goesOn],
};

export const scenarios = {
  calm: {
    name: 'three events, two of one client; nothing goes wrong',
    instances: { P: ownedByA },
    messages: { ...inOrder, m3: event('B') },
    budget: { releases: 2 },
    together: 2,
  },
  twoEvents: {
    name: 'two events of one client; everything goes wrong once',
    instances: { P: ownedByA },
    messages: inOrder,
    budget: { ...everything, refusals: 1 },
    together: 2,
  },
  refused: {
    name: 'two events, and the server refuses a batch',
    instances: { P: ownedByA },
    messages: inOrder,
    budget: { refusals: 1, releases: 1 },
    together: 2,
  },
  ownFirst: {
    name: 'two events, the first through the owner; everything goes wrong once',
    instances: { P: ownedByA },
    messages: { m1: event('A'), m2: event('B', 'm1') },
    budget: everything,
    together: 2,
  },
  threeEvents: {
    name: 'three events; a pause and a lost hint',
    instances: { P: ownedByA },
    messages: { ...inOrder, m3: event('B') },
    budget: { pauses: 1, lostHints: 1, releases: 1 },
  },
  threeEventsLost: {
    name: 'three events; a crash and a lost connection',
    instances: { P: ownedByA },
    messages: { ...inOrder, m3: event('A') },
    budget: { crashes: 1, lostConnections: 1, releases: 1 },
  },
  bounded: {
    name: 'four events, memory holds one',
    instances: { P: { ...ownedByA, inbox: ['m0'] } },
    messages: { m0: e0, m1: event('A'), m2: event('B'), m3: event('A', 'm1') },
    budget: { releases: 1, lostHints: 1 },
    heldMessages: 1,
    together: 2,
  },
  boundedControl: {
    name: 'three events beside a resume without effect, memory holds two',
    instances: { P: ownedByA },
    messages: { go: control('resume', 'A'), m1: event('A'), m2: event('A'), m3: event('A') },
    budget: { releases: 1 },
    heldMessages: 2,
    together: 3,
  },
  boundedOrder: {
    name: 'suspend and resume of one client, memory holds one',
    instances: { P: { ...ownedByA, inbox: ['m0'] } },
    messages: { m0: e0, hold: control('suspend', 'B'), m1: event('A'), go: control('resume', 'A', 'hold') },
    budget: { releases: 1 },
    heldMessages: 1,
    together: 2,
  },
  oneWorker: {
    name: 'two events of an instance that only the other replica accepts',
    instances: { P: { owner: 'B' } },
    messages: { ...inOrder, stop: control('terminate', 'B', 'm2') },
    budget: { pauses: 1, lostHints: 1, releases: 1 },
    workers: ['A'],
    futileClaims: 3,
  },
  childStarts: {
    ...family('absent', { ev: event('B') }),
    name: 'a parent starts a child and continues as new; a pause',
    budget: { pauses: 1, releases: 1 },
    together: 2,
  },
  childReplaces: {
    ...family({ status: 'over' }, { ev: event('B') }),
    name: 'a parent starts a child whose id a finished instance holds; a lost connection and a lost hint',
    budget: { lostConnections: 1, lostHints: 1 },
    together: 2,
  },
  childTaken: {
    ...family({ owner: 'B' }, { ev: event('B') }),
    name: 'a parent starts a child whose id is taken; a crash, a pause, a lost connection',
    budget: { crashes: 1, pauses: 1, lostConnections: 1 },
  },
  childEager: {
    ...family('absent', { stop: control('terminate', 'B') }, true),
    name: 'a parent starts a child of its own replica and is terminated; a crash, a pause, a lost connection',
    budget: { crashes: 1, pauses: 1, lostConnections: 1 },
  },
  suspended: {
    ...itemIsOut,
    name: 'a turn is out during suspend, event and resume; a pause',
    messages: { e0, ...suspension },
    budget: { pauses: 1, releases: 2 },
    futileClaims: 4,
  },
  suspendedLost: {
    ...itemIsOut,
    name: 'a turn is out during suspend, event and resume; a lost connection and a lost hint',
    messages: { e0, ...suspension },
    budget: { lostConnections: 1, lostHints: 1, releases: 2 },
    futileClaims: 4,
  },
  held: {
    name: 'an event for a suspended instance; memory is short',
    instances: { P: { ...ownedByA, status: 'suspended' } },
    messages: { e1: event('B') },
    budget: { releases: 8 },
    futileClaims: 4,
  },
  terminated: {
    ...itemIsOut,
    name: 'a turn is out during suspend, event and terminate; a crash and a pause',
    messages: { e0, hold: control('suspend', 'B'), e1: event('A'), stop: control('terminate', 'B', 'hold') },
    budget: { crashes: 1, pauses: 1, releases: 1 },
  },
  noWorker: {
    name: 'suspend, resume and terminate without any worker; a pause and a lost connection',
    instances: { P: { inbox: ['e0'], bell: 'now' } },
    messages: {
      e0,
      hold: control('suspend', 'A'),
      go: control('resume', 'B', 'hold'),
      stop: control('terminate', 'A'),
    },
    budget: { pauses: 1, lostConnections: 1, releases: 2 },
    workers: [],
  },
  unserved: {
    name: 'terminate for an instance that its owner has no worker for',
    instances: { P: { ...ownedByA, inbox: ['e0'] } },
    messages: { e0, stop: control('terminate', 'A') },
    budget: { pauses: 1, lostConnections: 1, lostHints: 1 },
    workers: [],
    together: 2,
  },
  backingOff: {
    name: 'terminate for an instance whose turn was abandoned; everything goes wrong once',
    ...itemIsOut,
    messages: { e0, stop: control('terminate', 'B') },
    budget: { ...everything, releases: 2 },
    together: 2,
  },
  scheduled: {
    name: 'an event and terminate for a start in the future; a pause and a lost hint',
    instances: { P: { status: 'pending' } },
    messages: {
      start: { kind: 'started', from: 'timer', key: firstLife },
      e1: event('A'),
      stop: control('terminate', 'B', 'e1'),
    },
    rows: ['start'],
    budget: { pauses: 1, lostHints: 1, releases: 1 },
    futileClaims: 4,
  },
  storedAnswer: {
    ...itemIsOut,
    name: 'answers at the other replica, and terminate; a pause and a lost hint',
    messages: { e0, stop: control('terminate', 'B') },
    budget: { pauses: 1, lostHints: 1, releases: 1 },
    answersElsewhere: true,
  },
  storedAnswerLost: {
    ...itemIsOut,
    name: 'answers at the other replica, and an event; a crash, a lost connection',
    messages: { e0, e1: event('B') },
    budget: { crashes: 1, lostConnections: 1, releases: 1 },
    answersElsewhere: true,
  },
  timers: {
    ...timersAndEnd,
    name: 'two timers, polled by both replicas, of an instance that completes; a crash and a pause',
    budget: { crashes: 1, pauses: 1 },
  },
  timersCalm: {
    ...timersAndEnd,
    name: 'two timers, polled by both replicas, of an instance that completes; nothing goes wrong',
    budget: { releases: 2 },
    together: 2,
  },
  renewed: {
    name: 'timer, event and result of a generation that ends; a pause',
    instances: { P: { ...ownedByA, inbox: ['go'] } },
    messages: {
      go: { kind: 'event' },
      t1: { kind: 'result', from: 'timer', key: firstLife },
      done: { kind: 'result', from: 'activity', key: firstLife, isEager: true },
      again: event('B'),
      later: event('B', 'again'),
    },
    rows: ['t1'],
    answers: (item) => {
      if (item.has('again')) return [{ says: 'continues as new', renews: true }];
      return [item.has('go') ? { says: 'calls an activity', makes: ['done'] } : goesOn];
    },
    budget: { pauses: 1 },
  },
  activity: {
    ...activity,
    name: 'an activity that any replica may take; a pause and a lost connection',
    budget: { pauses: 1, lostConnections: 1 },
  },
  activityCalm: {
    ...activity,
    name: 'an activity that any replica may take; nothing goes wrong',
    together: 2,
  },
  activityEager: {
    ...activity,
    name: 'an activity of its own replica, and terminate; a crash and a pause',
    messages: {
      ...activity.messages,
      done: { kind: 'result', from: 'activity', key: firstLife, isEager: true },
      stop: control('terminate', 'B'),
    },
    budget: { crashes: 1, pauses: 1 },
  },
  family: {
    ...napping('absent', {}),
    name: 'a parent waits for a child that naps; a crash and a pause',
    budget: { crashes: 1, pauses: 1 },
    ends: ['P', 'C'],
  },
  familyLost: {
    ...napping('absent', {}),
    name: 'a parent waits for a child that naps; a lost connection and a lost hint',
    budget: { lostConnections: 1, lostHints: 1 },
    ends: ['P', 'C'],
  },
  familyTerminated: {
    ...napping('absent', {
      stop: control('terminate', 'B'),
      stopChild: { kind: 'terminate', to: 'C', key: firstLife, recursionOf: 'stop' },
    }),
    name: 'a parent and its child are terminated; a lost connection',
    budget: { lostConnections: 1 },
    ends: ['P', 'C'],
  },
  familyMoves: {
    ...napping('absent', {
      stop: control('terminate', 'B'),
      stopChild: { kind: 'terminate', to: 'C', key: firstLife, recursionOf: 'stop' },
    }),
    name: 'a parent and its child are terminated, and only one replica has workers; a crash and a lost hint',
    budget: { crashes: 1, lostHints: 1, releases: 1 },
    workers: ['B'],
  },
  strangerSpared: {
    ...napping(
      { owner: 'B' },
      {
        stop: control('terminate', 'B'),
        stopChild: { kind: 'terminate', to: 'C', key: { life: 2, generation: 0 }, recursionOf: 'stop' },
      },
    ),
    name: 'a parent is terminated recursively, and a stranger holds the id of its child; a pause',
    budget: { pauses: 1 },
  },
  childTerminated: {
    ...napping('absent', { stop: { ...control('terminate', 'B'), to: 'C' } }),
    name: 'a child is terminated; a crash and a lost hint',
    budget: { crashes: 1, lostHints: 1 },
    ends: ['P', 'C'],
  },
  conversation: {
    name: 'instances of two replicas send each other events; a crash, a lost connection, a lost hint',
    instances: { P: { ...ownedByA, inbox: ['go'] }, C: { owner: 'B' } },
    messages: { go: e0, ping: { kind: 'event', to: 'C' }, pong: e0, bye: { kind: 'event', to: 'C' } },
    answers: (item) => {
      if (item.has('go')) return [{ ...goesOn, sends: ['ping'] }];
      if (item.has('ping')) return [{ ...goesOn, sends: ['pong'] }];
      return [item.has('pong') ? { ...completes, sends: ['bye'] } : completes];
    },
    budget: { crashes: 1, lostConnections: 1, lostHints: 1, releases: 1 },
    together: 2,
    ends: ['P', 'C'],
  },
  generations: {
    ...generations,
    name: 'timers of two generations; a crash and a lost hint',
    budget: { crashes: 1, lostHints: 1 },
  },
  generationsCalm: {
    ...generations,
    name: 'timers of two generations; nothing goes wrong',
    budget: { releases: 1 },
    together: 2,
    ends: ['P'],
  },
  renewedControlled: {
    ...itemIsOut,
    name: 'suspend, resume and terminate while an instance continues as new; a pause',
    messages: {
      e0,
      again: { kind: 'started', key: { life: 1, generation: 1 }, owedFor: 'e0' },
      hold: control('suspend', 'A'),
      lift: control('resume', 'B', 'hold'),
      stop: control('terminate', 'A', 'lift'),
    },
    answers: (item) =>
      item.has('e0') ? [{ says: 'continues as new', renews: true, carries: ['again'] }] : [completes, goesOn],
    budget: { pauses: 1 },
  },
  carriedOver: {
    name: 'an event is carried over and another one comes, memory holds one; a lost hint',
    instances: { P: ownedByA },
    messages: {
      again: { kind: 'started', key: { life: 1, generation: 1 }, owedFor: 'm1' },
      m1: event('B'),
      m1Again: { kind: 'event', copyOf: 'm1' },
      m2: event('A', 'm1'),
      m3: event('B'),
    },
    answers: (item) => [
      item.has('m1') ? { says: 'continues as new', renews: true, carries: ['again', 'm1Again'] } : goesOn,
    ],
    budget: { lostHints: 1, releases: 1 },
    heldMessages: 1,
    together: 2,
  },
  timerMoves: {
    name: 'a timer of an instance that moves and is suspended meanwhile; a pause',
    instances: { P: { ...ownedByA, inbox: ['go'] } },
    messages: {
      go: { kind: 'started' },
      t1: { kind: 'result', from: 'timer', key: firstLife },
      hold: control('suspend', 'B'),
      lift: control('resume', 'A', 'hold'),
    },
    answers: (item) => {
      if (item.has('go')) return [{ says: 'makes a timer', makes: ['t1'] }];
      return [item.has('t1') ? completes : goesOn];
    },
    budget: { pauses: 1 },
    workers: ['B'],
    hasPoller: true,
    ends: ['P'],
  },
  timerPolled: {
    name: 'a timer, whose poller may die; a crash, a pause, a lost connection',
    instances: { P: { ...ownedByA, inbox: ['go'] } },
    messages: { go: { kind: 'started' }, t1: { kind: 'result', from: 'timer', key: firstLife } },
    answers: (item) => {
      if (item.has('go')) return [{ says: 'makes a timer', makes: ['t1'] }];
      return [item.has('t1') ? completes : goesOn];
    },
    budget: { crashes: 1, pauses: 1, lostConnections: 1 },
    hasPoller: true,
    ends: ['P'],
  },
  scheduledBounded: {
    name: 'two events for a start in the future, memory holds one; a lost hint',
    instances: { P: { ...ownedByA, status: 'pending' } },
    messages: {
      start: { kind: 'started', from: 'timer', key: firstLife },
      m1: event('A'),
      m2: event('A'),
      m3: event('B'),
    },
    rows: ['start'],
    budget: { lostHints: 1, releases: 1 },
    heldMessages: 1,
    together: 2,
  },
  boundedControls: {
    name: 'suspend and resume for a suspended instance, memory holds one message; a lost hint',
    instances: { P: { ...ownedByA, status: 'suspended', inbox: ['m0'] } },
    messages: { m0: e0, hold: control('suspend', 'B'), lift: control('resume', 'B', 'hold'), m1: event('A') },
    budget: { lostHints: 1, releases: 1 },
    heldMessages: 1,
    together: 2,
  },
  cutReads: {
    name: 'inboxes of two instances are read together and cut, one of them is suspended; a lost hint',
    instances: { P: ownedByA, Q: { ...ownedByA, status: 'suspended', inbox: ['q0'] } },
    messages: {
      q0: { kind: 'event', to: 'Q' },
      lift: { ...control('resume', 'B'), to: 'Q' },
      p1: event('B'),
      p2: event('B', 'p1'),
    },
    budget: { lostHints: 1 },
    loadedMessages: 1,
    together: 2,
  },
  cutOwn: {
    name: 'events for two instances whose inboxes are read together and cut; memory is short',
    instances: { P: ownedByA, Q: ownedByA },
    messages: { p1: event('B'), p2: event('A', 'p1'), q1: { ...event('A'), to: 'Q' } },
    budget: { releases: 1 },
    loadedMessages: 1,
    together: 2,
  },
  replaced: {
    ...replacement,
    name: 'an instance ends and is replaced while an activity of it runs; a pause',
    budget: { pauses: 1, releases: 1 },
  },
  replacedLost: {
    ...replacement,
    name: 'an instance ends and is replaced while an activity of it runs; a crash, a lost connection, a lost hint',
    budget: { crashes: 1, lostConnections: 1, lostHints: 1 },
  },
  replacedTwice: {
    ...replacement,
    name: 'two clients replace the same instance; a pause',
    messages: { ...replacement.messages, too: { kind: 'replace', via: 'A', after: 'last' } },
    budget: { pauses: 1 },
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
