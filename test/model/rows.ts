import { type InstanceSnapshot, type InstanceState } from '../../src/domain/instance.ts';
import { type Message, type MessageDraft, ranks } from '../../src/domain/message.ts';
import {
  type ControlPatch,
  type EndPatch,
  type NewActivity,
  type NewInstance,
  type Patch,
  type RenewPatch,
  type Rewind,
  type TurnPatch,
} from '../../src/domain/write.ts';

/** A row of `instances`: what an owner keeps in memory and what clients are shown. */
export type InstanceRow = InstanceState &
  Pick<InstanceSnapshot, 'input' | 'output' | 'failure' | 'scheduledAt' | 'completedAt'>;

export interface InboxRow {
  readonly message: Message;
  /**
   * One write numbers what it sends by key, what it sends by id and what it sends to children each in their order. In
   * which order these lists go, and in which order writes at the same time commit, is the database's business.
   */
  readonly group: number;
  /** The database has told its place. */
  readonly isSettled: boolean;
}

export interface HistoryRow {
  /** Turns recorded when it was written, itself included. */
  readonly turn: number;
  /** Framed events. */
  readonly events: Buffer;
}

export interface ActivityRow extends NewActivity {
  /** A worker has it. */
  readonly isLeased: boolean;
  /** A replica has it for a worker that has no room yet. */
  readonly isQueued: boolean;
  /** Number of the commit that made it. */
  readonly madeBy: number;
  /** A termination dropped it, unless a replica had already taken it for a worker: the database tells. */
  readonly isDoubtful: boolean;
}

export type StatePatch = TurnPatch | EndPatch | RenewPatch | ControlPatch;

export function toStatePatch(patch: Patch): StatePatch {
  if (patch.kind === 'release' || patch.kind === 'fetch') throw new Error('nobody owns anything here');
  if (patch.kind === 'entity') throw new Error('entities are not instances here');
  return patch;
}

export function startedOf({ started: event }: NewInstance): MessageDraft {
  return { rank: ranks.started, kind: 'started', event };
}

/** Results belong to the generation that asked for them. */
export function isResult({ kind }: Message): boolean {
  return kind === 'taskResult' || kind === 'timerFired' || kind === 'childResult' || kind === 'entityReply';
}

export function changesOf(patch: StatePatch): Partial<InstanceRow> {
  switch (patch.kind) {
    case 'turn': {
      const { customStatus, traceContext, sections } = patch;
      return { attempts: 0, customStatus, traceContext, sections };
    }
    case 'end': {
      const { customStatus, output, failure, updatedAt: completedAt } = patch;
      return { attempts: 0, customStatus, output, failure, completedAt, suspension: null, sections: [] };
    }
    case 'renew': {
      const { generation, executionId, version, input, customStatus } = patch;
      const fresh = { attempts: 0, traceContext: null, isRewound: false, sections: [] };
      return { ...fresh, generation, executionId, version, input, customStatus };
    }
    case 'control':
      return { suspension: patch.suspension };
  }
}

/** A failed instance goes on; its custom status stays. */
export function rewoundRow(
  row: InstanceRow,
  { turn, executionId, updatedAt, parentWire }: Rewind,
): InstanceRow {
  return {
    ...{ ...row, turn: turn + 1, executionId, updatedAt, status: 'running', isRewound: true, attempts: 0 },
    ...{ output: null, failure: null, completedAt: null, traceContext: null },
    parent: row.parent && { ...row.parent, wire: parentWire ?? row.parent.wire },
  };
}
