import { limits } from '../domain/limits.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';

interface Pile {
  readonly parts: Map<number, OrchestratorResponse>;
  /** Index of the part that said it is the last; undefined until it came. */
  last: number | undefined;
  bytes: number;
}

/**
 * Chunked completions (contract §8.5): the parts of one answer, by token, until all of 0…last are there. A repeated
 * index is a retry and replaces. A pile is thrown away with the lease (`drop`), or when it grows beyond its limit.
 */
export class Chunks {
  readonly #piles = new Map<string, Pile>();

  /** The whole answer, if this part completes it. */
  add(response: OrchestratorResponse, bytes: number): OrchestratorResponse | undefined {
    const index = response.chunkIndex?.value ?? 0;
    const token = response.completionToken;
    if (!response.isPartial && index === 0) return response;
    const pile = this.#piles.get(token) ?? { parts: new Map(), last: undefined, bytes: 0 };
    this.#piles.set(token, pile);
    pile.parts.set(index, response);
    pile.bytes += bytes;
    if (!response.isPartial) pile.last = index;
    if (pile.bytes > limits.chunkPileBytes || pile.parts.size > limits.chunkPileParts)
      this.#piles.delete(token);
    return this.#whole(token, pile);
  }

  drop(token: string): void {
    this.#piles.delete(token);
  }

  #whole(token: string, { parts, last }: Pile): OrchestratorResponse | undefined {
    if (last === undefined) return undefined;
    const ordered: OrchestratorResponse[] = [];
    for (let index = 0; index <= last; index++) {
      const part = parts.get(index);
      if (!part) return undefined;
      ordered.push(part);
    }
    const [first] = ordered;
    if (!first) return undefined;
    this.#piles.delete(token);
    return { ...first, isPartial: false, actions: ordered.flatMap((part) => part.actions) };
  }
}
