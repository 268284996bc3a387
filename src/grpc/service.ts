import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { entityHandlers } from './entities.ts';
import { hubHandlers } from './hubs.ts';
import { streamInstanceHistory } from './history.ts';
import { instanceHandlers } from './instances.ts';
import { manyInstancesHandlers } from './many-instances.ts';
import { type GrpcParts } from './parts.ts';
import { unlessGivenUp } from './unary.ts';
import { workItemHandlers } from './work-items.ts';

/** By which clients change something. What workers answer is told apart by its token, however late it comes. */
const changes: ReadonlySet<string> = new Set([
  ...['CreateTaskHub', 'DeleteTaskHub', 'StartInstance', 'RestartInstance', 'RewindInstance', 'RaiseEvent'],
  ...['TerminateInstance', 'SuspendInstance', 'ResumeInstance', 'SkipGracefulOrchestrationTerminations'],
  ...['PurgeInstances', 'SignalEntity', 'CleanEntityStorage'],
]);

/** A handler for every rpc of the service. */
export function serviceHandlers(parts: GrpcParts): UntypedServiceImplementation {
  const ofClients = {
    ...hubHandlers(parts),
    ...instanceHandlers(parts),
    ...manyInstancesHandlers(parts),
    ...entityHandlers(parts),
  };
  const handlers = Object.entries(ofClients).map(
    ([name, handle]) => [name, changes.has(name) ? unlessGivenUp(handle) : handle] as const,
  );
  return {
    ...Object.fromEntries(handlers),
    StreamInstanceHistory: streamInstanceHistory(parts),
    ...workItemHandlers(parts),
  };
}
