// The rules of the ownership protocol that this model can drop, each by the name that the code of the model asks for:
// `model.lacks.has('fence')`. Dropping one brings a counterexample, in the scenario that mutations.ts names. Some bring
// none, and say why: the two that the protocol itself calls defence in depth (`guard`, `hintAtBuild`), and those that
// are covered by others.

interface RuleText {
  /** What the rule says. */
  readonly says: string;
  /** What stands in its place when it is dropped. */
  readonly dropped: string;
  /** Why dropping it alone brings no counterexample. */
  readonly needless?: string;
}

export const rules = {
  // ── replicas, fence, death ──
  fence: {
    says: 'every writing transaction begins with the fence',
    dropped: 'a replica that was declared dead goes on writing',
  },
  keyShare: {
    says: 'the fence locks its row, so that death waits for running batches',
    dropped: 'the fence only looks; the row can be deleted while a batch runs',
  },
  absenceFrees: {
    says: 'only absence from `replicas` entitles to free',
    dropped: 'what belongs to a replica whose lease ran out is freed while its row stands',
  },
  renewalUpdates: {
    says: 'a renewal is an update, never an upsert',
    dropped: 'a renewal that finds no row inserts it again',
  },
  deadStartsOver: {
    says: 'a renewal that finds no row ends the incarnation',
    dropped: 'the replica goes on, and the fence refuses all it does',
  },
  idleTimeout: {
    says: 'the server ends the idle transaction of a frozen replica',
    dropped: 'a claim that its replica never goes on with stays open for ever',
  },
  freshStart: {
    says: 'a new incarnation begins with an empty object graph',
    dropped: 'the answer to a batch of the old incarnation reaches the memory of the new one',
  },

  // ── one lane ──
  oneLane: {
    says: 'one transaction of a replica is in flight',
    dropped: 'two are',
  },
  memoryAfterResult: {
    says: 'memory changes only when the result of a batch arrives',
    dropped: 'a message for an own resident is handed over when the batch is sent',
  },
  decidedAtBuild: {
    says: 'whether a message is for an own resident is decided when the batch is built',
    dropped: 'it is decided when the write is queued',
  },
  hintAtBuild: {
    says: 'whether a hint means anything is decided when the batch is built',
    dropped: 'a hint for what is not resident at its arrival is thrown away',
    needless: 'the sweep finds the bell, only later',
  },
  releaseAtBuild: {
    says: 'what a release leaves behind is decided when its batch is built',
    dropped: 'it is decided when the release is queued',
  },
  fetchIsPatch: {
    says: 'an instance has at most one patch in a batch, and a fetch is one',
    dropped: 'a fetch stands beside a release of the same instance',
  },
  releasedIsForeign: {
    says: 'a resident that a batch releases is foreign to the other writes of that batch',
    dropped: 'it counts as resident',
  },
  onlyReturnedRows: {
    says: 'only returned rows are handed over in memory',
    dropped: 'a message is handed over although nobody was there to get it',
  },
  commitTag: {
    says: 'the tag of COMMIT is checked',
    dropped: 'a transaction that the server rolled back counts as committed',
  },
  bisectAnew: {
    says: 'a half of a batch that was taken apart is built anew after the result of the other half',
    dropped: 'both halves are built at once',
  },

  // ── guards ──
  guard: {
    says: 'owner and turn guard every patch',
    dropped: 'a patch changes the row whoever owns it',
    needless:
      'fence, lane and starting over leave nothing for it to refuse; it is there for bugs and failover',
  },
  deleteDecides: {
    says: 'a result is inserted from the row that was deleted',
    dropped: 'it is inserted whether the row was still there or not',
  },
  oneCompletion: {
    says: 'a batch has one completion of an activity',
    dropped: 'it has two, and both are joined with the deleted row',
  },
  livingJoin: {
    says: 'messages by key are joined with a living instance',
    dropped: 'they are inserted for a finished one',
  },
  generationJoin: {
    says: 'messages by key are joined with the generation that they are for',
    dropped: 'they are inserted for whatever generation lives',
  },
  startedIfWon: {
    says: 'the first message is inserted only for a start that won its id',
    dropped: 'it goes to whoever holds the id',
  },
  failureWithStart: {
    says: 'the failure of a child start is inserted in the transaction of the parent',
    dropped: 'it is sent afterwards',
  },
  replaceTerminal: {
    says: 'a start replaces its namesake only where that is terminal, under the lock',
    dropped: 'it replaces whatever stands there, because it looked before',
  },
  deadFirst: {
    says: 'the list of the dead is read before the rows are locked',
    dropped: 'the statement that locks frees what belongs to none of the living that it saw',
  },
  whichStatement: {
    says: 'a failed batch is judged by which statement failed',
    dropped: 'a refusal by the fence counts as a stale guard: the write is dropped and answered OK',
  },
  neverSentAgain: {
    says: 'a batch whose COMMIT was not answered is never sent again',
    dropped: 'it is',
  },
  neverProbed: {
    says: 'a batch whose COMMIT was not answered is never probed',
    dropped: 'it is sent again when nothing of it is in the database',
  },

  // ── the bell ──
  senderRings: {
    says: 'the sender of a message rings the bell of a foreign instance',
    dropped: 'it only inserts',
  },
  senderLocks: {
    says: 'the sender holds the lock of the row',
    dropped: 'it believes what it saw of the row before',
  },
  earliestBell: {
    says: 'a bell in the future must not hide a message',
    dropped: 'a bell that is set stays as it is',
  },
  engineWork: {
    says: 'controls make an instance claimable by any replica',
    dropped: 'it takes a worker that accepts the instance',
  },
  fetchLooksAfter: {
    says: 'a fetch reads the inbox in a statement after the one that clears the bell',
    dropped: 'what it reads is as old as its wait for the lock',
  },
  claimLooksAfter: {
    says: 'a claim loads the inbox in a statement after the one that takes the row',
    dropped: 'what it loads is older than its lock',
  },
  claimUnowned: {
    says: 'a claim takes what nobody owns',
    dropped: 'it takes what rings',
  },
  claimClears: {
    says: 'a claim clears the bell',
    dropped: 'the bell stays',
  },
  releaseKeepsBell: {
    says: 'a release keeps the bell that rang meanwhile',
    dropped: 'it sets what it thinks right',
  },
  readyNever: {
    says: 'an undeliverable instance is released without a bell',
    dropped: 'a release rings whenever the inbox holds something',
  },
  readyNow: {
    says: 'a deliverable instance is released with the bell',
    dropped: 'a release never rings',
  },
  moreCounts: {
    says: '"the inbox holds more than memory" counts as a message',
    dropped: 'only messages in memory count',
  },
  freeLooks: {
    says: 'free rings for instances with something in their inbox',
    dropped: 'it keeps the bell as it is',
  },
  freeActivities: {
    says: 'activities of the dead are freed',
    dropped: 'they stay theirs',
  },
  freeStored: {
    says: 'completions stored for the dead are deleted',
    dropped: 'they stay',
  },
  sweepBells: {
    says: 'the sweep finds bells of mine that I did not hear',
    dropped: 'only a hint brings a fetch',
  },
  sweepUnowned: {
    says: 'the sweep finds unowned instances whose bell rings',
    dropped: 'only a hint brings a claim',
  },
  sweepDead: {
    says: 'the sweep finds what belongs to the dead',
    dropped: 'nobody frees it',
  },
  sweepStoredOfDead: {
    says: 'the sweep looks for the dead among the owners of stored completions as well',
    dropped: 'it looks only at owners of instances and activities',
  },
  sweepStored: {
    says: 'the sweep finds completions that were stored for me',
    dropped: 'only a hint brings them',
  },

  // ── residents ──
  suspendStays: {
    says: 'a turn that was out during a suspension leaves the instance suspended',
    dropped: 'it leaves the instance running',
  },
  moreStops: {
    says: 'while the inbox holds more than memory, no event is handed over in memory',
    dropped: 'new events are, as long as there is room',
  },
  moreReadsControls: {
    says: 'a batch with a client’s message reads the inbox at its end also while that holds more than memory',
    dropped: 'nothing is read then',
  },
  closingTellsMore: {
    says: 'a closing read that was cut off says that the inbox holds more',
    dropped: 'what it did not read is forgotten',
  },
  tokenNamesTurn: {
    says: 'a completion token names the turn that it is for',
    dropped: 'an answer counts for whatever turn is out',
  },
  storeForLiving: {
    says: 'a completion is stored only while its owner lives, under key share of its row',
    dropped: 'it is stored for whoever is named in the token',
    needless: 'the sweep finds stored completions of the dead, whoever stored them',
  },
  staleStoredDeleted: {
    says: 'the owner deletes a stored completion whatever becomes of it',
    dropped: 'it deletes only those that it records',
  },

  cutSpares: {
    says: 'a read of inboxes that is cut leaves nothing of what goes before all that arrived where memory holds something',
    dropped: 'it leaves whatever comes last',
  },
  controlsReadOn: {
    says: 'a read that ended among the controls is gone on with as soon as these are applied',
    dropped: 'the rest is read when memory has consumed all that it holds',
  },
  frontHeld: {
    says: 'what goes before all that arrived is held at once, whatever the bound',
    dropped: 'only controls are',
  },

  // ── timers ──
  renewalAssigns: {
    says: 'who polls for timers is decided anew with each renewal',
    dropped: 'it is decided once, when a replica begins',
  },

  // ── parents and children ──
  endTold: {
    says: 'the parent is told of the end of a child in its transaction, whatever ends it',
    dropped: 'it is told only when the child completes by itself',
  },
  recursionInside: {
    says: 'a recursive termination reaches the children in the transaction that ends their parent',
    dropped: 'it is sent to them afterwards',
  },
  childrenByParent: {
    says: 'a recursive termination finds children by the key of their parent',
    dropped: 'it goes to whoever holds their ids',
  },

  // ── order and addresses ──
  closingRead: {
    says: 'a batch with a client’s message to an own resident ends by reading that inbox',
    dropped: 'it hands over just that message',
  },
  silentUnread: {
    says: 'a closing read looks only for controls while the bell is silent',
    dropped: 'it reads all of it as well',
    needless: 'whoever else sends rings; it saves reading the backlog of a busy instance again and again',
  },
  noHighWater: {
    says: 'message ids have no high-water mark',
    dropped: 'a fetch reads only what is newer than what memory holds',
  },
  newKey: {
    says: 'a replacement has a new key',
    dropped: 'it keeps the key of its namesake',
  },

  // ── what ends do to each table ──
  endEmptiesInbox: {
    says: 'the end of an instance empties its inbox',
    dropped: 'what is there stays',
  },
  renewalStarts: {
    says: 'continue-as-new brings the first messages of the next generation in its transaction',
    dropped: 'they are sent afterwards',
  },
  carriedFirst: {
    says: 'what continue-as-new carries over comes before what arrived',
    dropped: 'it comes after that',
  },
  renewalDropsResults: {
    says: 'continue-as-new deletes results of the old generation',
    dropped: 'they stay',
  },
  renewalKeepsEvents: {
    says: 'continue-as-new keeps later events',
    dropped: 'it empties the inbox',
  },
  endDropsTimers: {
    says: 'the end of an execution deletes its timers',
    dropped: 'they stay',
  },
} as const satisfies Record<string, RuleText>;

export type Rule = keyof typeof rules;

export const ruleNames = Object.keys(rules) as Rule[];

export function whyNeedless(rule: Rule): string | undefined {
  const text: RuleText = rules[rule];
  return text.needless;
}
