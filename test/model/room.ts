import { type Oracle } from './oracle.ts';
import { type StreamPlace, type WorkKind } from './worker-stream.ts';

/** Whether a stream surely has room for one more item. */
export function hasRoom(oracle: Oracle, stream: StreamPlace, kind: WorkKind): boolean {
  const { turns, leases, batches } = oracle;
  const zombies = kind === 'activity' ? count(oracle.zombies, stream) : 0;
  const outs = { orchestration: turns, activity: leases, entity: batches }[kind];
  return count(outs, stream) + zombies < limitOf(stream);
}

/** Whether a stream has been given more than it asked for. */
export function isOverfull({ turns, leases, batches }: Oracle, stream: StreamPlace): boolean {
  return [turns, leases, batches].some((outs) => count(outs, stream) > limitOf(stream));
}

/** Items of a kind that a stream takes at a time (contract §13.1). */
const limitOf = ({ limit }: StreamPlace): number => (limit === 0 ? 100 : limit);

function count(outs: ReadonlyMap<unknown, { readonly stream: number }>, { id }: StreamPlace): number {
  return [...outs.values()].filter(({ stream }) => stream === id).length;
}
