// The rules of the entity locks that the model can drop, each by the name that its code asks for. Each names the
// scenario in which dropping it is tried, and what goes wrong there; those that others cover say why nothing does.

import { type LockScenarioName } from './entity-lock-scenarios.ts';

interface RuleText {
  /** What the rule says. */
  readonly says: string;
  /** What stands in its place when it is dropped. */
  readonly dropped: string;
  readonly tried: LockScenarioName;
  /** The flaw that is found then. */
  readonly flaw?: RegExp;
  /** Why dropping it alone brings no counterexample. */
  readonly needless?: string;
}

const held = /is held by [XYZ]\d, which is over/;
const stuck = /waits for ever/;
const shared = /are both inside/;
const intruder = /while [XYZ]\d is inside/;

const lockRules = {
  // ── requests ──
  oneOrder: {
    says: 'the server decides the order in which entities are visited',
    dropped: 'they are visited as the SDK sent them',
    tried: 'disordered',
    flaw: stuck,
  },
  eachOnce: {
    says: 'a request visits each entity once',
    dropped: 'it visits duplicates as the SDK sent them',
    tried: 'disordered',
    flaw: stuck,
  },
  inOrder: {
    says: 'operations in front of a request are handled before it is granted',
    dropped: 'the first request is granted whatever is in front of it',
    tried: 'operations',
    flaw: /overtakes/,
  },
  afterBatch: {
    says: 'nothing is granted while a batch is out',
    dropped: 'it is',
    tried: 'operations',
    flaw: /overtakes/,
  },

  // ── grants ──
  overReleases: {
    says: 'the last entity releases the whole set when who asked is over',
    dropped: 'a grant that finds nobody is forgotten',
    tried: 'two',
    flaw: held,
  },
  oneLook: {
    says: 'grant and releases go by one look at the orchestration, in the commit',
    dropped: 'the releases go by whether it lived when the entity decided',
    tried: 'chain',
    needless:
      'who lived when the last entity decided ends after everything was locked: its own releases come later',
  },
  grantOfGeneration: {
    says: 'a grant is for the generation that asked',
    dropped: 'whichever generation lives gets it',
    tried: 'again',
    flaw: shared,
  },

  // ── releases ──
  endReleases: {
    says: 'the end of an execution releases its sections',
    dropped: 'only unlocking does',
    tried: 'two',
    flaw: held,
  },
  endReleasesWaiting: {
    says: 'the end of an execution releases sections that are not granted, too',
    dropped: 'it releases those that are granted',
    tried: 'two',
    flaw: held,
  },
  releasesFirst: {
    says: 'a release is a control: it waits for nothing',
    dropped: 'it waits its turn',
    tried: 'two',
    flaw: held,
  },
  releaseOfGeneration: {
    says: 'a release ends a hold of the generation that sent it',
    dropped: 'it ends a hold of any generation',
    tried: 'again',
    flaw: shared,
  },
  releaseOfSection: {
    says: 'a release ends a hold of the section that it names',
    dropped: 'it ends any hold of its generation',
    tried: 'sections',
    needless:
      'a generation asks for its next section after the releases of the one before were sent, and releases come first',
  },
  releaseTakesRequests: {
    says: 'a release takes away a request of its section that waits',
    dropped: 'the request goes its way',
    tried: 'chain',
    needless:
      'the request gets to the last entity, which finds its execution over and releases the whole set',
  },
  takenReleases: {
    says: 'whoever takes away a request releases the entities that it has locked',
    dropped: 'the request is only taken away',
    tried: 'chain',
    flaw: held,
  },
  grantedUnlocks: {
    says: 'unlocking before the grant is ignored, and the end releases',
    dropped: 'it releases, and the section is forgotten',
    tried: 'early',
    flaw: held,
  },
  rewindsGranted: {
    says: 'rewound is only what unlocked after the grant',
    dropped: 'unlocking before the grant, which was ignored, counts as well',
    tried: 'rewound',
    flaw: held,
  },

  // ── operations ──
  holdersCalls: {
    says: 'a held entity handles calls of its holder only',
    dropped: 'it handles whatever comes',
    tried: 'operations',
    flaw: intruder,
  },
  pastWaiting: {
    says: 'a held entity looks for calls of its holder behind what waits',
    dropped: 'what waits is in their way',
    tried: 'behind',
    flaw: stuck,
  },
  holderFirst: {
    says: 'calls of the holder are put in front',
    dropped: 'they are put behind what waits',
    tried: 'operations',
    flaw: /overtakes/,
  },
  grantedFirst: {
    says: 'calls are put in front when the grant is there',
    dropped: 'they are as soon as the lock was asked for',
    tried: 'behind',
    flaw: /overtakes/,
  },

  // ── purge ──
  purgeKeepsHold: {
    says: 'purge keeps the hold',
    dropped: 'it ends it',
    tried: 'purged',
    flaw: intruder,
  },
  purgeKeepsRequests: {
    says: 'purge keeps requests',
    dropped: 'it takes them away',
    tried: 'purged',
    flaw: stuck,
  },
  purgeKeepsReleases: {
    says: 'purge keeps releases',
    dropped: 'it takes them away',
    tried: 'purged',
    flaw: held,
  },
  purgeKeepsCalls: {
    says: 'purge keeps calls',
    dropped: 'it takes them away',
    tried: 'operations',
    flaw: stuck,
  },
} as const satisfies Record<string, RuleText>;

export type LockRule = keyof typeof lockRules;

interface LockMutation extends RuleText {
  readonly rule: LockRule;
}

export const lockMutations: readonly LockMutation[] = (Object.keys(lockRules) as LockRule[]).map((rule) => ({
  rule,
  ...lockRules[rule],
}));
