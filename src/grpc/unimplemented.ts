import { type handleServerStreamingCall, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { SchedulerError } from '../domain/errors.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { statusOf } from './status.ts';
import { answering } from './unary.ts';

/** The rpcs of the protocol that this version can't do, and what each would be for. */
const unavailableParts = {
  RewindInstance: 'rewinding',
  RestartInstance: 'restarting',
  QueryInstances: 'querying instances',
  ListInstanceIds: 'listing instances',
  PurgeInstances: 'purging',
  CompleteEntityTask: 'entities',
  SignalEntity: 'entities',
  GetEntity: 'entities',
  QueryEntities: 'entities',
  CleanEntityStorage: 'entities',
  SkipGracefulOrchestrationTerminations: 'terminating many instances by one call',
} as const;

export function unimplementedHandlers(parts: GrpcParts): UntypedServiceImplementation {
  const handlers: UntypedServiceImplementation = {
    StreamInstanceHistory: streamInstanceHistory,
    // A worker that gives back what it was never given: OK, as for any token that is not known.
    AbandonTaskEntityWorkItem: answering(parts, async ({ metadata, request }) => {
      parts.codec.decode('AbandonEntityTaskRequest', request);
      await parts.hubs.contextFor(hubOf(metadata));
      return emptyMessage;
    }),
  };
  for (const [rpc, what] of Object.entries(unavailableParts)) {
    handlers[rpc] = answering(parts, () => Promise.reject(unimplemented(what)));
  }
  return handlers;
}

const streamInstanceHistory: handleServerStreamingCall<Buffer, Buffer> = (call) => {
  call.emit('error', statusOf(unimplemented('reading history')));
};

function unimplemented(what: string): SchedulerError {
  return new SchedulerError('unimplemented', `${what}: not available in this version of the server`);
}
