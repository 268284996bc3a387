/** Of one stream; older ones are forgotten. */
const REMEMBERED = 10_000;

/**
 * What was sent on one stream and has not been answered, for workers that send no tokens (Java, Go). They answer
 * everything that they were sent, on the same connection; so an answer without a token is for the oldest item of its
 * instance (or of its task) there, even when that has become stale and its successor is out as well.
 */
export class Unanswered {
  readonly #tokens = new Map<string, string[]>();
  #count = 0;

  /** `taskId` undefined: a turn. */
  sent(instanceId: string, taskId: number | undefined, token: string): void {
    const key = keyOf(instanceId, taskId);
    const tokens = this.#tokens.get(key);
    if (tokens) tokens.push(token);
    else this.#tokens.set(key, [token]);
    this.#count++;
    if (this.#count > REMEMBERED) this.#forgetOldest();
  }

  /** The token that the answer lacks; undefined when nothing like it was sent here. */
  answered(instanceId: string, taskId: number | undefined): string | undefined {
    const key = keyOf(instanceId, taskId);
    const tokens = this.#tokens.get(key);
    const token = tokens?.shift();
    if (token !== undefined) this.#count--;
    if (tokens?.length === 0) this.#tokens.delete(key);
    return token;
  }

  #forgetOldest(): void {
    for (const [key, tokens] of this.#tokens) {
      this.#tokens.delete(key);
      this.#count -= tokens.length;
      return;
    }
  }
}

function keyOf(instanceId: string, taskId: number | undefined): string {
  return `${taskId ?? ''} ${instanceId}`;
}
