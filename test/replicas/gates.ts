/** Work items that a worker does not answer until the test says so. */
export class Gates {
  readonly #closed = new Map<string, PromiseWithResolvers<void>>();

  /** Items as `LoadWorkerOptions.before` is told of them. */
  constructor(...items: readonly string[]) {
    for (const item of items) this.#closed.set(item, Promise.withResolvers());
  }

  readonly before = (item: string): Promise<void> | undefined => this.#closed.get(item)?.promise;

  open(...items: readonly string[]): void {
    for (const item of items) this.#closed.get(item)?.resolve();
  }
}
