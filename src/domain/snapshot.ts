import { type Codec } from '../protocol/codec.ts';
import { type OrchestrationState } from '../protocol/messages.ts';
import { type InstanceSnapshot, type Parent } from './instance.ts';
import { payload, wrapped } from './payload.ts';
import { fromMicros, type Micros } from './time.ts';
import { wireStatuses } from './wire-status.ts';

/** What clients are shown of an instance (contract §3.2). */
export function toOrchestrationState(
  snapshot: InstanceSnapshot,
  codec: Pick<Codec, 'decode'>,
): OrchestrationState {
  const { id, name, version, status, input, output, customStatus, failure, executionId, parent, tags } =
    snapshot;
  return {
    instanceId: id,
    name,
    version: wrapped(version),
    orchestrationStatus: wireStatuses[status],
    scheduledStartTimestamp: timestamp(snapshot.scheduledAt),
    createdTimestamp: fromMicros(snapshot.createdAt),
    lastUpdatedTimestamp: fromMicros(snapshot.updatedAt),
    input: wrapped(input),
    output: wrapped(output),
    customStatus: wrapped(customStatus),
    failureDetails: status === 'failed' && failure ? codec.decode('TaskFailureDetails', failure) : null,
    executionId: wrapped(executionId),
    completedTimestamp: timestamp(snapshot.completedAt),
    parentInstanceId: wrapped(parent && parentId(parent, codec)),
    tags: { ...tags },
  };
}

function timestamp(micros: Micros | null): OrchestrationState['completedTimestamp'] {
  return micros === null ? null : fromMicros(micros);
}

function parentId({ wire }: Parent, codec: Pick<Codec, 'decode'>): string | null {
  const instance = codec.decode('ParentInstanceInfo', wire).orchestrationInstance;
  return payload(instance && { value: instance.instanceId });
}
