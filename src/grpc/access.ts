// Who may call what, at the one place that all calls pass before their handlers see them. A caller is known by the metadata
// `authorization`; what is known already costs a call no look-up and no promise. A task hub in which the caller has no role
// gets the answer that an unknown one gets.
//
// What lasts longer than its credential: a stream of work items ends when its credential is no longer valid (`endStreams`),
// and the answer of a call that waited is kept back.

import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Authenticator } from '../auth/authenticator.ts';
import { judge, type Principal, rolesIn } from '../auth/principal.ts';
import { isRpc, roleTitles, type Rpc, rpcTable } from '../auth/roles.ts';
import { SchedulerError, taskHubNotFound } from '../domain/errors.ts';
import { checkHubName } from '../domain/validate.ts';
import { assert } from '../lib/assert.ts';
import { type Codec } from '../protocol/codec.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { type Logger } from '../telemetry/log.ts';
import { type CallAudit } from './call-audit.ts';
import { hubOf } from './metadata.ts';
import { asksForPayloads } from './payload-requests.ts';
import { ShownCertificates } from './shown-certificates.ts';
import { failureStatus } from './status.ts';

/** Those that say themselves which task hubs they are about: their handlers ask. */
const acrossHubs: ReadonlySet<Rpc> = new Set<Rpc>(['ListTaskHubs', 'PlaceTaskHub']);
const waiting: ReadonlySet<Rpc> = new Set<Rpc>(['WaitForInstanceStart', 'WaitForInstanceCompletion']);

interface AccessOptions {
  readonly authenticator: Authenticator;
  readonly hubs: Pick<HubDirectory, 'first'>;
  readonly codec: Codec;
  readonly log: Logger;
  /** Undefined: calls are not written down. */
  readonly audit: CallAudit | undefined;
}

type AnyCall = Pick<Stream, 'metadata' | 'request' | 'getPeer' | 'getAuthContext'>;

type Enter = (principal: Principal) => void;
/** `principal`: undefined where nobody knows who calls. */
type Refuse = (error: unknown, principal?: Principal) => void;

type UnaryHandler = handleUnaryCall<Buffer, Buffer>;
type Stream = ServerWritableStream<Buffer, Buffer>;

export class Access {
  readonly #options: AccessOptions;
  readonly #streams = new Map<Stream, Rpc>();
  readonly #certificates = new ShownCertificates();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  close(): void {
    this.#certificates.close();
  }

  /** The handlers of a service, each behind the check of its rpc. */
  guard(service: ServiceDefinition, handlers: UntypedServiceImplementation): UntypedServiceImplementation {
    const guarded = Object.entries(handlers).map(([rpc, handle]) => {
      assert(isRpc(rpc), `the rpc ${rpc} has a row in the table of roles`);
      return [
        rpc,
        service[rpc]?.responseStream
          ? this.#guardStream(rpc, handle as handleServerStreamingCall<Buffer, Buffer>)
          : this.#guardUnary(rpc, handle as UnaryHandler),
      ] as const;
    });
    return Object.fromEntries(guarded);
  }

  #guardUnary(rpc: Rpc, handle: UnaryHandler): UnaryHandler {
    const recorder = this.#options.audit?.of(rpc);
    return (call, callback) => {
      const refuse = (error: unknown, principal?: Principal): void => {
        const answer = recorder?.(call, principal, callback) ?? callback;
        answer(failureStatus(error, call.getPath(), this.#options.log));
      };
      const answer: typeof callback = waiting.has(rpc)
        ? (error, value) => {
            const send = (): void => {
              callback(error, value);
            };
            this.#admit(rpc, call, send, refuse);
          }
        : callback;
      const enter = (principal: Principal): void => {
        handle(call, recorder?.(call, principal, answer) ?? answer);
      };
      this.#admit(rpc, call, enter, refuse);
    };
  }

  #guardStream(
    rpc: Rpc,
    handle: handleServerStreamingCall<Buffer, Buffer>,
  ): handleServerStreamingCall<Buffer, Buffer> {
    return (call) => {
      const enter = (): void => {
        this.#streams.set(call, rpc);
        call.on('cancelled', () => this.#streams.delete(call));
        handle(call);
      };
      this.#admit(rpc, call, enter, (error) => {
        this.#end(call, error);
      });
    };
  }

  /** Ends the streams of callers that may not have them any more. */
  endStreams(): void {
    for (const [call, rpc] of this.#streams) {
      this.#admit(
        rpc,
        call,
        () => undefined,
        (error) => {
          // Who can't be asked for a moment keeps what there is.
          if (error instanceof SchedulerError && error.code === 'unavailable') return;
          this.#end(call, error);
        },
      );
    }
  }

  #end(call: Stream, error: unknown): void {
    if (!call.cancelled) call.emit('error', failureStatus(error, call.getPath(), this.#options.log));
  }

  /** Which task hubs the caller sees. */
  async visibleTo(call: AnyCall): Promise<(hub: string) => boolean> {
    const principal = this.#known(call) ?? (await this.#find(call));
    return (hub) => judge(principal, 'ListTaskHubs', hub) === 'allowed';
  }

  /** Throws when the caller may not do that in a task hub that the request names. */
  async checkHub(call: AnyCall, rpc: Rpc, hub: string): Promise<void> {
    const principal = this.#known(call) ?? (await this.#find(call));
    const refusal = this.#refusalIn(hub, principal, rpc, call.request);
    if (refusal) throw refusal;
  }

  #admit(rpc: Rpc, call: AnyCall, enter: Enter, refuse: Refuse): void {
    const decide = (principal: Principal): void => {
      const refusal = this.#refusal(principal, rpc, call);
      if (refusal === undefined) enter(principal);
      else refuse(refusal, principal);
    };
    try {
      const known = this.#known(call);
      if (known) decide(known);
      else this.#find(call).then(decide).catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** Who calls, where that needs no look-up. What the call says counts before what its connection has shown. */
  #known(call: AnyCall): Principal | undefined {
    const { authenticator } = this.#options;
    const credential = credentialOf(call.metadata);
    if (credential !== undefined) return authenticator.known(credential);
    return authenticator.byCertificate(() => this.#certificates.of(call));
  }

  #find({ metadata }: AnyCall): Promise<Principal> {
    return this.#options.authenticator.find(credentialOf(metadata));
  }

  #refusal(principal: Principal, rpc: Rpc, { metadata, request }: AnyCall): SchedulerError | undefined {
    if (acrossHubs.has(rpc)) return undefined;
    return this.#refusalIn(hubOf(metadata) ?? this.#options.hubs.first, principal, rpc, request);
  }

  #refusalIn(hub: string, principal: Principal, rpc: Rpc, request: Buffer): SchedulerError | undefined {
    switch (judge(principal, rpc, hub)) {
      case 'allowed':
        return undefined;
      case 'hidden':
        // In the order in which an unknown one is refused.
        checkHubName(hub);
        return taskHubNotFound(hub);
      case 'without-payloads':
        return asksForPayloads(rpc, request, this.#options.codec)
          ? payloadsForbidden(principal, rpc, hub)
          : undefined;
      case 'forbidden':
        return forbidden(principal, rpc, hub);
    }
  }
}

function forbidden(principal: Principal, rpc: Rpc, hub: string): SchedulerError {
  const takes = rpcTable[rpc].may.map((role) => `'${roleTitles[role]}'`).join(', ');
  return new SchedulerError(
    'permission_denied',
    `${whatIs(principal, hub)} may not call ${rpc}: that takes one of ${takes}`,
  );
}

function payloadsForbidden(principal: Principal, rpc: Rpc, hub: string): SchedulerError {
  return new SchedulerError(
    'permission_denied',
    `${whatIs(principal, hub)} reads no payloads: call ${rpc} without inputs, outputs and states`,
  );
}

function whatIs(principal: Principal, hub: string): string {
  const titles = rolesIn(principal, hub).map((role) => `'${roleTitles[role]}'`);
  return `${titles.join(' and ')} in the task hub '${hub}'`;
}

/** What was sent as `authorization`. Of several, Node takes the first. */
function credentialOf(metadata: Metadata): string | undefined {
  return metadata.get('authorization')[0]?.toString();
}
