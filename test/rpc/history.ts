import { type Request, type Response } from '../../src/grpc/client.ts';
import { type TestHub } from '../helpers/client.ts';

export type Chunk = Response<'StreamInstanceHistory'>;

/** The chunks of a streamed history, as they come. */
export function historyChunks(orders: TestHub, request: Request<'StreamInstanceHistory'>): Promise<Chunk[]> {
  const stream = orders.client.stream('StreamInstanceHistory', request);
  const received: Chunk[] = [];
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Chunk) => received.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      resolve(received);
    });
  });
}

/** All events of the current execution. */
export async function historyOf(
  orders: TestHub,
  instanceId: string,
  rest: Request<'StreamInstanceHistory'> = {},
): Promise<Chunk['events']> {
  return (await historyChunks(orders, { instanceId, ...rest })).flatMap((chunk) => chunk.events);
}

export const typesOf = (events: readonly { readonly eventType?: string }[]): (string | undefined)[] =>
  events.map(({ eventType }) => eventType);
