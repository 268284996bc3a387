import { decodeRequest } from './decode.ts';
import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { hubName } from '../domain/ids.ts';
import { fromMicros } from '../domain/time.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { listHubs } from '../scheduler/list-hubs.ts';
import { placeHub } from '../scheduler/place-hub.ts';
import { setQuotas } from '../scheduler/set-quotas.ts';
import { showQuotas } from '../scheduler/show-quotas.ts';
import { type GrpcParts } from './parts.ts';
import { answering, unary, unlessGivenUp } from './unary.ts';

/** A handler for every rpc of the service for operators. */
export function adminHandlers(parts: GrpcParts): UntypedServiceImplementation {
  const { hubs, codec, access } = parts;
  return {
    ListTaskHubs: answering(parts, async (call) => {
      const { request } = call;
      decodeRequest(() => codec.decode('perdura.v1.ListTaskHubsRequest', request));
      const { hubs: listed, stores } = await listHubs(hubs);
      const isVisible = await access?.visibleTo(call);
      const taskHubs = listed
        .filter(({ name }) => isVisible?.(name) ?? true)
        .map(({ name, createdAt, store }) => ({
          ...{ name, store },
          createdTimestamp: fromMicros(createdAt),
        }));
      return codec.encode('perdura.v1.ListTaskHubsResponse', { taskHubs, stores: [...stores] });
    }),
    PlaceTaskHub: unlessGivenUp(
      answering(parts, async (call) => {
        const { request } = call;
        const { name, store } = decodeRequest(() => codec.decode('perdura.v1.PlaceTaskHubRequest', request));
        await access?.checkHub(call, 'PlaceTaskHub', name);
        await placeHub(hubs, hubName(name), store);
        return emptyMessage;
      }),
    ),
    GetTaskHubQuotas: unary(parts, 'perdura.v1.GetTaskHubQuotasRequest', showQuotas, (shown) =>
      codec.encode('perdura.v1.GetTaskHubQuotasResponse', {
        quotas: shown.map(({ name, own, limit, used }) => ({
          ...{ name, own: wrappedNumber(own), limit: wrappedNumber(limit), used: wrappedNumber(used) },
        })),
      }),
    ),
    SetTaskHubQuotas: unlessGivenUp(
      unary(parts, 'perdura.v1.SetTaskHubQuotasRequest', (context, { quotas }) =>
        setQuotas(
          context,
          quotas.map(({ name, value }) => ({ name, value: value?.value })),
        ),
      ),
    ),
  };
}

function wrappedNumber(value: number | undefined): { readonly value: number } | null {
  return value === undefined ? null : { value };
}
