import { type Oracle } from './oracle.ts';
import { type StreamPlace, type WorkKind } from './worker-stream.ts';

/** Whether a stream surely has room for one more item. */
export function hasRoom(oracle: Oracle, stream: StreamPlace, kind: WorkKind): boolean {
  const zombies = kind === 'activity' ? count(oracle.zombies, stream) : 0;
  return count(kind === 'activity' ? oracle.leases : oracle.turns, stream) + zombies < limitOf(stream);
}

/** Whether a stream has been given more than it asked for. */
export function isOverfull({ turns, leases }: Oracle, stream: StreamPlace): boolean {
  return Math.max(count(turns, stream), count(leases, stream)) > limitOf(stream);
}

/** Items of a kind that a stream takes at a time (contract §13.1). */
const limitOf = ({ limit }: StreamPlace): number => (limit === 0 ? 100 : limit);

function count(outs: ReadonlyMap<unknown, { readonly stream: number }>, { id }: StreamPlace): number {
  return [...outs.values()].filter(({ stream }) => stream === id).length;
}
