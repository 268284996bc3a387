import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { SchedulerError } from '../domain/errors.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { decodeRequest } from './decode.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { answering } from './unary.ts';

/** The rpcs of the protocol that this version can't do, and what each would be for. */
const unavailableParts = {
  CompleteEntityTask: 'entities',
  SignalEntity: 'entities',
  GetEntity: 'entities',
  QueryEntities: 'entities',
  CleanEntityStorage: 'entities',
} as const;

export function unimplementedHandlers(parts: GrpcParts): UntypedServiceImplementation {
  const handlers: UntypedServiceImplementation = {
    // A worker that gives back what it was never given: OK, as for any token that is not known.
    AbandonTaskEntityWorkItem: answering(parts, async ({ metadata, request }) => {
      decodeRequest(() => parts.codec.decode('AbandonEntityTaskRequest', request));
      await parts.hubs.contextFor(hubOf(metadata));
      return emptyMessage;
    }),
  };
  for (const [rpc, what] of Object.entries(unavailableParts)) {
    handlers[rpc] = answering(parts, () => Promise.reject(unimplemented(what)));
  }
  return handlers;
}

function unimplemented(what: string): SchedulerError {
  return new SchedulerError('unimplemented', `${what}: not available in this version of the server`);
}
