import { mostValues } from '../protocol/well-formed.ts';

/** Limits that are settings, for what decides by them. */
export interface Bounds {
  /** Length of an instance id at client rpcs, and of entities' ids everywhere (contract orchestrations §4.1). */
  readonly instanceIdLength: number;
  /** One input, output, result, event, custom status or state. */
  readonly payloadBytes: number;
}

/** Those that callers and workers meet; docs/operations.md says what is beyond them. */
export const callerLimits = {
  /** Bytes of ids that orchestrations derive for their children. */
  derivedInstanceIdBytes: 512,
  hubNameLength: 64,
  /** Length of names of orchestrators, activities and events, and of versions. */
  nameLength: 1024,
  /** Keys and values of the tags of one instance or activity together. */
  tagsBytes: 16 * 1024,
  /** Received gRPC message. */
  receivedMessageBytes: 64 * 1024 * 1024,
  /** Fields and elements that are set in one received message, those of the messages in it included. */
  receivedMessageValues: mostValues,
  /** All parts of one chunked completion together. */
  chunkPileBytes: 64 * 1024 * 1024,
  chunkPileParts: 1024,
  /** Instances of one page of a query. */
  pageRows: 1_000,
  /** Payloads of one page: below what SDKs receive in one message (contract §13.6). */
  pageBytes: 3 * 1024 * 1024,
  /** Ids of one batch to purge or to terminate. */
  batchIds: 500,
  /** Instances of one tree that are rewound together, and the bytes of their histories. */
  rewoundInstances: 1_000,
  rewoundBytes: 64 * 1024 * 1024,
  /** Names and versions in one GetWorkItems request. */
  filters: 1_000,
  /** Largest number of work items of a kind that a stream is given at once, whatever it asks for. */
  maxStreamSlots: 10_000,
  /**
   * Megabytes that one connection may keep the server holding for it, above all answers that it does not read. Answers
   * that are just being read count as well: much more than honest clients ever have under way.
   */
  connectionMegabytes: 512,
  /** Writes of a task hub that wait for the lane: a second's work or two, and 200 MB of calls; of clients no more are taken. */
  queuedWrites: 10_000,
  queuedBytes: 256 * 1024 * 1024,
  workerStreams: 10_000,
  /** Waiting calls of one replica. */
  waiters: 100_000,
} as const;

/** Every limit that is not a setting. Names end in their unit. */
export const limits = {
  ...callerLimits,
  /** Messages that a resident holds in memory and that one turn delivers. */
  heldMessages: 1000,
  /** Bytes of them: with so many, a resident takes no more. */
  heldBytes: 4 * 1024 * 1024,
  /** Bytes of messages that all residents of one engine hold; idle ones are released beyond it. */
  allHeldBytes: 256 * 1024 * 1024,
  /** Bytes of new events in one work item; the rest waits for the next turn. */
  newEventsBytes: 2 * 1024 * 1024,
  /** Operations of one entity work item. */
  entityBatch: 500,
  /** Writes in one commit batch. */
  batchWrites: 500,
  /** The same of a task hub that does not keep up, while another one writes now and then. */
  sharedBatchWrites: 8,
  /** Approximate bytes in one commit batch. */
  batchBytes: 1024 * 1024,
  /** Instances or activities taken by one claim. */
  claimRows: 256,
  /** Bytes of histories that one claim loads, and of messages that one transaction reads: more only to have at least one. */
  loadedBytes: 64 * 1024 * 1024,
  /** Instances or activities freed from the dead by one statement. */
  freeRows: 500,
  /** Due timers fired by one write. */
  firedTimers: 500,
  /** Timers read by one poll; the rest is read when these have fired. */
  polledTimers: 5_000,
  /** Task hubs that are listed. */
  listedHubs: 100_000,
  defaultPageRows: 100,
  /** Time that a query looks for matches before it answers with a page that isn't full. */
  queryMs: 5_000,
  /** Rows that one statement of a query or a purge looks at. */
  searchRows: 5_000,
  /** Instances purged by one transaction. */
  purgedRows: 500,
  /** Bytes of events in one chunk of a streamed history. */
  historyChunkBytes: 1024 * 1024,
  /** Leases of activities that one check compares with the database. */
  checkedActivities: 1000,
  /** Requests of entities that one statement forgets. */
  forgottenRequests: 5_000,
  /** Entries of the audit log that one statement forgets. */
  forgottenEntries: 5_000,
  /** Ids of one batched read. */
  readIds: 500,
  /** Outstanding items per stream and kind when the worker names no limit (contract §13.1). */
  defaultStreamSlots: 100,
  /** Stored parts read at once; each may have some MB. */
  storedChunks: 32,
  /** Residents of one engine; idle ones are released beyond it. */
  residents: 100_000,
} as const;
