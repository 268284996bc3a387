import { type Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { loadDescriptors } from '../protocol/service.ts';

/** Lets tools such as grpcurl list and call the service without its .proto. */
export function addReflection(server: Server): void {
  new ReflectionService(loadDescriptors()).addToServer(server);
}
