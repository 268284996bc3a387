import { Clock } from '../dispatch/clock.ts';
import { type Context } from './context.ts';

/** Learns the quotas that task hubs have of their own, whichever replica set them. */
export async function refreshQuotas({ store, quotas }: Context): Promise<void> {
  quotas.learn(await store.readQuotas(), Clock.monotonicMs());
}
