import { limits } from '../domain/limits.ts';
import { type OrchestratorResponse } from '../protocol/messages.ts';

interface Part {
  readonly response: OrchestratorResponse;
  readonly bytes: number;
}

/**
 * Chunked completions (contract §8.5): the parts of one answer until all of 0…last are there. A repeated index is a
 * retry and replaces. The pile dies with the lease of the turn that it answers.
 */
export class ChunkPile {
  readonly #parts = new Map<number, Part>();
  /** Index of the part that said it is the last; undefined until it came. */
  #last: number | undefined;
  #bytes = 0;
  #actions = 0;

  /** The whole answer if this part completes it; `too large` when there is more of it than is kept. */
  add(response: OrchestratorResponse, bytes: number): OrchestratorResponse | 'too large' | undefined {
    const index = response.chunkIndex?.value ?? 0;
    const replaced = this.#parts.get(index);
    this.#bytes += bytes - (replaced?.bytes ?? 0);
    this.#actions += response.actions.length - (replaced?.response.actions.length ?? 0);
    this.#parts.set(index, { response, bytes });
    if (!response.isPartial) this.#last = index;
    return this.#isTooLarge() ? 'too large' : this.#whole();
  }

  #isTooLarge(): boolean {
    return (
      this.#bytes > limits.chunkPileBytes ||
      this.#parts.size > limits.chunkPileParts ||
      this.#actions > limits.receivedMessageValues
    );
  }

  #whole(): OrchestratorResponse | undefined {
    if (this.#last === undefined) return undefined;
    const ordered: OrchestratorResponse[] = [];
    for (let index = 0; index <= this.#last; index++) {
      const part = this.#parts.get(index);
      if (!part) return undefined;
      ordered.push(part.response);
    }
    const [first] = ordered;
    return first && { ...first, isPartial: false, actions: ordered.flatMap((part) => part.actions) };
  }
}
