// What a call that is written down was about. The requests of single instances may hold megabytes of payload, and so they
// are not decoded again: an id is their first field.
import { type Metadata } from '@grpc/grpc-js';
import { type Rpc } from '../auth/roles.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type Codec, type Message } from '../protocol/codec.ts';
import { firstText } from '../protocol/first-text.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { hubOf } from './metadata.ts';

interface AnsweredCall {
  readonly metadata: Metadata;
  /** Undefined: it is not looked into. */
  readonly request: Buffer | undefined;
  /** Undefined when it failed. */
  readonly answer: Buffer | null | undefined;
}

interface Tools {
  readonly hubs: Pick<HubDirectory, 'first'>;
  readonly codec: Codec;
}

interface HubAndTarget {
  readonly hub: string;
  readonly target: string;
}

/** Both as callers gave them; '' where a call is not so well-formed that it says. */
export function hubAndTargetOf(rpc: Rpc, call: AnsweredCall, { hubs, codec }: Tools): HubAndTarget {
  const { request, answer } = call;
  if (rpc === 'PlaceTaskHub') {
    return unlessMalformed({ hub: '', target: '' }, () => {
      if (!request) return { hub: '', target: '' };
      const { name, store } = codec.decode('perdura.v1.PlaceTaskHubRequest', request);
      return { hub: name, target: `in the store ${store}` };
    });
  }
  const hub = unlessMalformed('', () => hubOf(call.metadata) ?? hubs.first);
  return {
    hub,
    target: unlessMalformed('', () => (request ? targetOf(rpc, request, answer, codec) : '')),
  };
}

type TargetOf = (request: Buffer, answer: Buffer | null | undefined, codec: Codec) => string;

/** Of rpcs that are about something else than the one instance that their request names first. */
const targets: Readonly<Partial<Record<Rpc, TargetOf>>> = {
  CreateTaskHub: (request, _, codec) =>
    codec.decode('CreateTaskHubRequest', request).recreateIfExists ? 'emptied if it exists' : '',
  DeleteTaskHub: () => '',
  SetTaskHubQuotas: (request, _, codec) =>
    codec
      .decode('perdura.v1.SetTaskHubQuotasRequest', request)
      .quotas.map(({ name, value }) => `${name} ${value ? value.value || 'none' : 'default'}`)
      .join(', '),
  // The server may have chosen the id.
  StartInstance: (request, answer) => firstText(answer ?? request),
  RestartInstance(request, answer) {
    const [old, next] = [firstText(request), firstText(answer ?? request)];
    return old === next ? old : `${old} as ${next}`;
  },
  PurgeInstances: (request, answer, codec) =>
    purgeOf(
      codec.decode('PurgeInstancesRequest', request),
      answer && codec.decode('PurgeInstancesResponse', answer).deletedInstanceCount,
    ),
  SkipGracefulOrchestrationTerminations: (request, _, codec) =>
    batchOf(codec.decode('SkipGracefulOrchestrationTerminationsRequest', request).instanceBatch),
  CleanEntityStorage(_, answer, codec) {
    if (!answer) return '';
    const { emptyEntitiesRemoved, orphanedLocksReleased } = codec.decode(
      'CleanEntityStorageResponse',
      answer,
    );
    return `${emptyEntitiesRemoved} entities, ${orphanedLocksReleased} locks`;
  },
};

function targetOf(rpc: Rpc, request: Buffer, answer: Buffer | null | undefined, codec: Codec): string {
  return targets[rpc]?.(request, answer, codec) ?? firstText(request);
}

function purgeOf(request: Message<'PurgeInstancesRequest'>, purged: number | null | undefined): string {
  const tree = request.recursive ? ' with descendants' : '';
  if (request.request === 'instanceId') return `${request.instanceId}${tree}`;
  // First, because what follows may be cut.
  const count = typeof purged === 'number' ? `${purged} purged${tree} of ` : '';
  return `${count}${request.request === 'instanceBatch' ? batchOf(request.instanceBatch) : filterOf(request)}`;
}

function filterOf(request: Message<'PurgeInstancesRequest'>): string {
  const filter = request.request === 'purgeInstanceFilter' ? request.purgeInstanceFilter : undefined;
  const { runtimeStatus = [], createdTimeFrom: from, createdTimeTo: to } = filter ?? {};
  const statuses = runtimeStatus.map((name) => name.replace('ORCHESTRATION_STATUS_', ''));
  const conditions = [
    ...(statuses.length > 0 ? [statuses.join(' or ')] : []),
    ...(from ? [`created from ${timeOf(from)}`] : []),
    ...(to ? [`created until ${timeOf(to)}`] : []),
  ];
  return conditions.length > 0 ? conditions.join(', ') : 'all that ended';
}

/** Of more ids, their number says enough: an entry has 512 characters. */
const MOST_SHOWN = 500;

function batchOf(batch: Message<'InstanceBatch'> | null): string {
  const ids = batch?.instanceIds ?? [];
  return `${ids.length} ids: ${ids.slice(0, MOST_SHOWN).join(' ')}`;
}

/** What `Date` can represent. */
const LAST_SECOND = 8.64e12;

function timeOf({ seconds }: { readonly seconds: number }): string {
  return new Date(Math.min(Math.max(seconds, -LAST_SECOND), LAST_SECOND) * 1_000).toISOString();
}

function unlessMalformed<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SchedulerError) return otherwise;
    throw error;
  }
}
