import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { entityHandlers } from './entities.ts';
import { hubHandlers } from './hubs.ts';
import { streamInstanceHistory } from './history.ts';
import { instanceHandlers } from './instances.ts';
import { manyInstancesHandlers } from './many-instances.ts';
import { type GrpcParts } from './parts.ts';
import { workItemHandlers } from './work-items.ts';

/** A handler for every rpc of the service. */
export function serviceHandlers(parts: GrpcParts): UntypedServiceImplementation {
  return {
    ...hubHandlers(parts),
    ...instanceHandlers(parts),
    ...manyInstancesHandlers(parts),
    StreamInstanceHistory: streamInstanceHistory(parts),
    ...entityHandlers(parts),
    ...workItemHandlers(parts),
  };
}
