import {
  type CallOptions,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { type AdminDefinition } from '../protocol/generated/perdura/v1/Admin.ts';
import { type TaskHubSidecarServiceDefinition } from '../protocol/generated/TaskHubSidecarService.ts';
import { loadClientPackage } from '../protocol/service.ts';

type Definition = TaskHubSidecarServiceDefinition & AdminDefinition;
type RpcName = keyof { [Name in keyof Definition as string extends Name ? never : Name]: never };
type StreamName = 'GetWorkItems' | 'StreamInstanceHistory';
export type UnaryName = Exclude<RpcName, StreamName>;
export type Request<Name extends RpcName> = Parameters<Definition[Name]['requestSerialize']>[0];
export type Response<Name extends RpcName> = ReturnType<Definition[Name]['responseDeserialize']>;

export interface ClientOptions {
  /** `host:port`. */
  readonly address: string;
  /** By TLS, with the certificate authorities that Node knows. */
  readonly isSecure?: boolean;
  /** Unset: the server's first task hub. */
  readonly hub?: string;
  /** More metadata for every call. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface UnaryOptions {
  /** Ends the call with DEADLINE_EXCEEDED. */
  readonly timeoutMs?: number;
  /** Ends the call with CANCELLED. */
  readonly signal?: AbortSignal;
}

type Methods = {
  readonly [Name in RpcName]: {
    readonly path: string;
    readonly requestSerialize: (request: Request<Name>) => Buffer;
    readonly responseDeserialize: (bytes: Buffer) => Response<Name>;
  };
};
const { TaskHubSidecarService, perdura } = loadClientPackage();
const methods: Methods = { ...TaskHubSidecarService.service, ...perdura.v1.Admin.service };

/** The status that a call ended with; undefined for an error that is none. */
export function failureOf(
  error: unknown,
): { readonly code: keyof typeof status; readonly details: string } | undefined {
  if (!(error instanceof Error && 'code' in error && 'details' in error)) return undefined;
  const code = status[Number(error.code)] as keyof typeof status | undefined;
  return code && { code, details: String(error.details) };
}

/** Calls a server in one task hub. Calls reject with gRPC's `ServiceError`. */
export class TaskHubClient {
  readonly #channel: Client;
  readonly #metadata = new Metadata();

  constructor({ address, isSecure = false, hub, metadata = {} }: ClientOptions) {
    const security = isSecure ? credentials.createSsl() : credentials.createInsecure();
    this.#channel = new Client(address, security, { 'grpc.max_receive_message_length': -1 });
    if (hub !== undefined) this.#metadata.set('taskhub', hub);
    for (const [key, value] of Object.entries(metadata)) this.#metadata.set(key, value);
  }

  call<Name extends UnaryName>(
    name: Name,
    request: Request<Name>,
    { timeoutMs, signal }: UnaryOptions = {},
  ): Promise<Response<Name>> {
    const { path, requestSerialize, responseDeserialize } = methods[name];
    const options: CallOptions = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: Response<Name>): void => {
        if (error) reject(error);
        else if (response !== undefined) resolve(response);
      };
      const call = this.#channel.makeUnaryRequest<Request<Name>, Response<Name>>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        options,
        done,
      );
      signal?.addEventListener('abort', () => {
        call.cancel();
      });
    });
  }

  /** Opens a stream; cancel it when it is no longer read. */
  stream<Name extends StreamName>(name: Name, request: Request<Name>): ClientReadableStream<Response<Name>> {
    const { path, requestSerialize, responseDeserialize } = methods[name];
    return this.#channel.makeServerStreamRequest<Request<Name>, Response<Name>>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
  }

  close(): void {
    this.#channel.close();
  }
}
