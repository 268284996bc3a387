import { wrapped } from '../domain/payload.ts';
import { type EntitySnapshot } from '../domain/store.ts';
import { fromMicros } from '../domain/time.ts';
import { type MessageInput } from '../protocol/codec.ts';
import { cleanEntityStorage } from '../scheduler/clean-entity-storage.ts';
import { getEntity, queryEntities } from '../scheduler/entities.ts';
import { signalEntity } from '../scheduler/signal-entity.ts';
import { signalDemand, withinQuotas } from '../scheduler/within-quotas.ts';
import { type GrpcParts } from './parts.ts';
import { unary, type UnaryHandler } from './unary.ts';

const everyEntity = {
  ...{ instanceIdStartsWith: null, lastModifiedFrom: null, lastModifiedTo: null },
  ...{ includeState: false, includeTransient: false, pageSize: null, continuationToken: null },
};

/** What clients do with entities. */
export function entityHandlers(parts: GrpcParts): Record<string, UnaryHandler> {
  const { codec } = parts;
  return {
    SignalEntity: unary(parts, 'SignalEntityRequest', withinQuotas(signalDemand, signalEntity)),
    GetEntity: unary(
      parts,
      'GetEntityRequest',
      (context, { instanceId, includeState }) => getEntity(context, instanceId, includeState),
      (entity) =>
        codec.encode('GetEntityResponse', {
          exists: entity !== undefined,
          entity: entity ? toMetadata(entity) : null,
        }),
    ),
    QueryEntities: unary(
      parts,
      'QueryEntitiesRequest',
      (context, { query }) => queryEntities(context, query ?? everyEntity),
      (page) =>
        codec.encode('QueryEntitiesResponse', {
          entities: page.entities.map(toMetadata),
          continuationToken: wrapped(page.continuationToken),
        }),
    ),
    CleanEntityStorage: unary(parts, 'CleanEntityStorageRequest', cleanEntityStorage, (cleaned) =>
      codec.encode('CleanEntityStorageResponse', {
        ...cleaned,
        continuationToken: wrapped(cleaned.continuationToken),
      }),
    ),
  };
}

function toMetadata({
  id,
  updatedAt,
  heldBy,
  state,
  backlog,
}: EntitySnapshot): MessageInput<'EntityMetadata'> {
  return {
    instanceId: id,
    lastModifiedTime: fromMicros(updatedAt),
    backlogQueueSize: backlog,
    lockedBy: wrapped(heldBy?.id ?? null),
    serializedState: wrapped(state),
  };
}
