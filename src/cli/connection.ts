import { type ClientSettings } from '../config.ts';
import { failureOf, type Request, type Response, TaskHubClient, type UnaryName } from '../grpc/client.ts';
import { type HistoryEvent } from '../protocol/generated/HistoryEvent.ts';
import { type OrchestrationState } from '../protocol/messages.ts';
import { CommandError } from './exit-codes.ts';

/** Calls that don't wait for anything are answered long before. */
const CALL_TIMEOUT_MS = 30_000;

/** A running server, seen from a command. Calls that fail reject with a `CommandError` that says what to do next. */
export class Connection {
  readonly #client: TaskHubClient;
  readonly #address: string;
  readonly #hub: string | undefined;

  constructor({ endpoint, hub, apiKey }: ClientSettings) {
    this.#client = new TaskHubClient({
      ...endpoint,
      ...(hub === undefined ? {} : { hub }),
      ...(apiKey === undefined ? {} : { metadata: { authorization: `Bearer ${checked(apiKey)}` } }),
    });
    this.#address = endpoint.address;
    this.#hub = hub;
  }

  async call<Name extends UnaryName>(
    name: Name,
    request: Request<Name>,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Response<Name>> {
    try {
      return await this.#client.call(name, request, { timeoutMs });
    } catch (error) {
      throw explain(error, this.#address);
    }
  }

  /** The instance; rejects when there is none. */
  async find(instanceId: string, getInputsAndOutputs = false): Promise<OrchestrationState> {
    const { orchestrationState } = await this.call('GetInstance', { instanceId, getInputsAndOutputs });
    if (orchestrationState) return orchestrationState;
    const where = this.#hub === undefined ? "the server's first task hub" : `the task hub '${this.#hub}'`;
    throw new CommandError(
      `no instance '${instanceId}' in ${where}; "perdura instance list" shows what there is, --hub names another hub`,
      'notFound',
    );
  }

  /** The events of an instance, read no faster than they are taken. */
  async *history(instanceId: string): AsyncGenerator<HistoryEvent> {
    const stream = this.#client.stream('StreamInstanceHistory', { instanceId });
    // Whoever stops reading has no use for its end.
    stream.on('error', () => undefined);
    try {
      for await (const { events } of stream as AsyncIterable<Response<'StreamInstanceHistory'>>) {
        yield* events;
      }
    } catch (error) {
      throw explain(error, this.#address);
    } finally {
      stream.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** A key that can be sent; another one is not repeated in the refusal. */
function checked(apiKey: string): string {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw new CommandError(
    'PERDURA_API_KEY has characters that no key has, perhaps the end of a line',
    'usage',
  );
}

/** What a failed call means for whoever typed the command. */
export function explain(error: unknown, address: string): unknown {
  const failure = failureOf(error);
  if (!failure) return error;
  const { code, details } = failure;
  const unreached = reasonUnreached(details);
  if (unreached !== undefined) {
    return new CommandError(
      `no server answers at ${address} (${unreached}): is it running? "perdura dev" starts one, --endpoint (PERDURA_ENDPOINT) names another`,
    );
  }
  switch (code) {
    case 'UNAVAILABLE':
      return new CommandError(
        `the server at ${address} can't do this now: ${details}; try again, and if it stays so, "perdura doctor" looks for the cause`,
      );
    case 'UNAUTHENTICATED':
      return new CommandError(`${details}; PERDURA_API_KEY says which key the command sends`);
    case 'DEADLINE_EXCEEDED':
      return new CommandError(`the server at ${address} did not answer in time`, 'timeout');
    case 'UNIMPLEMENTED':
      return new CommandError(`the server at ${address} can't do this: ${details}`);
    case 'NOT_FOUND':
      return new CommandError(
        details.startsWith('task hub') ? `${details}; "perdura hub list" shows what there is` : details,
        'notFound',
      );
    default:
      return new CommandError(details);
  }
}

/** Why no server was reached, by the words of the gRPC library; undefined when one has answered. */
function reasonUnreached(details: string): string | undefined {
  const [, reason = ''] =
    /^No connection established\. Last error: (?:Error: )?(.*)\. Resolution/s.exec(details) ?? [];
  if (reason.includes('wrong version number')) {
    return 'what is there speaks no TLS: without it, write http://';
  }
  if (reason.startsWith('Protocol error')) return 'what is there speaks no gRPC';
  if (reason.startsWith('Failed to connect')) return 'what is there hangs up: perhaps it wants https://';
  if (reason !== '') return reason.replace(/ \([\dTZ:.-]+\)$/, '');
  // The client's own words; a server that answers that time is over says only the first two.
  if (details.startsWith('Deadline exceeded after') && !details.includes('remote_addr')) {
    return 'no answer in time';
  }
  return /^(Received HTTP|Received RST_STREAM|Connection dropped|Name resolution failed)/.test(details)
    ? details
    : undefined;
}
