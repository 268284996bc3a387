// Questions and answers between the benchmark and its processes, over the channel that Node opens to a child process.
// The channel also ties their lives together: a child ends when it is closed, even by kill -9 of the benchmark.

import { type ChildProcess } from 'node:child_process';
import { must } from '../lib/assert.ts';
import { StartupError } from '../lib/startup-error.ts';

/** What a process can be asked: by name, a function of one argument. Both it and the result go through JSON. */
type Commands<C> = { readonly [Name in keyof C]: (argument: never) => unknown };
type Argument<F> = F extends (argument: infer A) => unknown ? A : never;
type Result<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export interface NamedProcess {
  readonly child: ChildProcess;
  /** In what people read. */
  readonly title: string;
}

/** The benchmark's end. */
export class Channel<C extends Commands<C>> {
  readonly #child: ChildProcess;
  readonly #title: string;
  readonly #open = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  constructor({ child, title }: NamedProcess) {
    this.#child = child;
    this.#title = title;
    child.on('message', (message) => {
      const reply = message as Reply;
      this.#open.get(reply.id)?.(reply);
      this.#open.delete(reply.id);
    });
  }

  get pid(): number {
    return must(this.#child.pid, `the process id of ${this.#title}`);
  }

  /** Rejects with a `StartupError` when the process can't do it, or does not answer in time: longer than the load worker waits. That the process ended is told elsewhere. */
  ask<Name extends keyof C & string>(
    name: Name,
    argument: Argument<C[Name]>,
    timeoutMs = 90_000,
  ): Promise<Result<C[Name]>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StartupError(`${this.#title} did not answer to '${name}' within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      this.#open.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(result as Result<C[Name]>);
        else reject(new StartupError(`${this.#title}: ${error}`));
      });
      const question: Question = { id, name, argument };
      this.#child.send(question, () => undefined);
    });
  }
}

/** The child's end: answers questions for as long as the benchmark lives. `onGone`: it is gone. */
export function answerQuestions(
  commands: Readonly<Record<string, (argument: never) => unknown>>,
  onGone: () => void,
): void {
  const answer = async ({ id, name, argument }: Question): Promise<Reply> => {
    try {
      return { id, result: await commands[name]?.(argument as never) };
    } catch (error) {
      if (error instanceof StartupError) return { id, error: error.message };
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return { id, error: `'${name}' failed` };
    }
  };
  process.on('disconnect', onGone);
  process.on('message', (message) => {
    void answer(message as Question).then((reply) => {
      // Whoever asked may be gone; then `onGone` knows.
      process.send?.(reply, undefined, undefined, () => undefined);
    });
  });
}
