import { toOrchestrationState } from '../domain/snapshot.ts';
import { wrapped } from '../domain/payload.ts';
import { listInstanceIds } from '../scheduler/list-instance-ids.ts';
import { purgeInstances } from '../scheduler/purge-instances.ts';
import { queryInstances } from '../scheduler/query-instances.ts';
import { skipGracefulTerminations } from '../scheduler/skip-graceful-orchestration-terminations.ts';
import { decodeRequest } from './decode.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { answering, unary, type UnaryHandler } from './unary.ts';

/** What clients do with many orchestrations by one call. */
export function manyInstancesHandlers(parts: GrpcParts): Record<string, UnaryHandler> {
  const { codec } = parts;
  return {
    QueryInstances: unary(parts, 'QueryInstancesRequest', queryInstances, (page) =>
      codec.encode('QueryInstancesResponse', {
        orchestrationState: page.instances.map((instance) => toOrchestrationState(instance, codec)),
        continuationToken: wrapped(page.continuationToken),
      }),
    ),
    ListInstanceIds: unary(parts, 'ListInstanceIdsRequest', listInstanceIds, (page) =>
      codec.encode('ListInstanceIdsResponse', {
        instanceIds: [...page.instanceIds],
        lastInstanceKey: wrapped(page.lastInstanceKey),
      }),
    ),
    PurgeInstances: purging(parts),
    SkipGracefulOrchestrationTerminations: unary(
      parts,
      'SkipGracefulOrchestrationTerminationsRequest',
      skipGracefulTerminations,
      (unterminatedInstanceIds) =>
        codec.encode('SkipGracefulOrchestrationTerminationsResponse', { unterminatedInstanceIds }),
    ),
  };
}

/** Java bounds a purge by its deadline: it stops with the call. */
function purging(parts: GrpcParts): UnaryHandler {
  const { codec, hubs, waits } = parts;
  return answering(parts, (call) =>
    waits.during(call, async (signal) => {
      const request = decodeRequest(() => codec.decode('PurgeInstancesRequest', call.request));
      const context = await hubs.contextFor(hubOf(call.metadata));
      const { count, isComplete } = await purgeInstances(context, request, signal);
      return codec.encode('PurgeInstancesResponse', {
        deletedInstanceCount: count,
        isComplete: { value: isComplete },
      });
    }),
  );
}
