import { type ServerUnaryCall } from '@grpc/grpc-js';
import { SchedulerError } from '../domain/errors.ts';

/** Calls that wait for something to happen. Each ends with its call, and all of them when the server stops. */
export class OpenWaits {
  readonly #controllers = new Set<AbortController>();

  /** Runs a wait with a signal that aborts when the call was cancelled, its deadline is over or its connection is gone. */
  async during<Result>(
    call: ServerUnaryCall<Buffer, Buffer>,
    wait: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#controllers.add(controller);
    call.on('cancelled', () => {
      controller.abort();
    });
    if (call.cancelled) controller.abort();
    try {
      return await wait(signal);
    } catch (error) {
      throw signal.reason instanceof SchedulerError ? signal.reason : error;
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** The callers of all waits get this error. */
  abortAll(error: SchedulerError): void {
    for (const controller of this.#controllers) controller.abort(error);
  }
}
