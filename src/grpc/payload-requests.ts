import { type Rpc } from '../auth/roles.ts';
import { type Codec } from '../protocol/codec.ts';
import { decodeRequest } from './decode.ts';

type Asks = (request: Buffer, codec: Codec) => boolean;

const oneInstance: Asks = (request, codec) => codec.decode('GetInstanceRequest', request).getInputsAndOutputs;

const asks: Readonly<Partial<Record<Rpc, Asks>>> = {
  GetInstance: oneInstance,
  WaitForInstanceStart: oneInstance,
  WaitForInstanceCompletion: oneInstance,
  QueryInstances: (request, codec) =>
    codec.decode('QueryInstancesRequest', request).query?.fetchInputsAndOutputs ?? false,
  GetEntity: (request, codec) => codec.decode('GetEntityRequest', request).includeState,
  QueryEntities: (request, codec) =>
    codec.decode('QueryEntitiesRequest', request).query?.includeState ?? false,
};

/** Whether a request asks for inputs, outputs or states; one of which that is not known does. */
export function asksForPayloads(rpc: Rpc, request: Buffer, codec: Codec): boolean {
  return decodeRequest(() => asks[rpc]?.(request, codec) ?? true);
}
