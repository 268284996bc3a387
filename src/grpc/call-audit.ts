import {
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Principal } from '../auth/principal.ts';
import { type Audit, isRpc, type Rpc, rpcTable } from '../auth/roles.ts';
import { type AuditEvent } from '../domain/audit.ts';
import { type Codec } from '../protocol/codec.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { type AuditLog } from '../telemetry/audit-log.ts';
import { type Logger } from '../telemetry/log.ts';
import { hubAndTargetOf } from './audit-targets.ts';

/** Bytes of a refused request that is looked into for what it was about. */
const MOST_REFUSED = 65_536;

type UnaryHandler = handleUnaryCall<Buffer, Buffer>;
type Callback = sendUnaryData<Buffer>;
type Call = Pick<ServerUnaryCall<Buffer, Buffer>, 'metadata' | 'request' | 'getPeer'>;

/** Gives a call's callback that writes the call down before it answers. `caller`: undefined where nobody knows. */
export type Recorder = (call: Call, caller: Principal | undefined, callback: Callback) => Callback;

interface CallAuditOptions {
  readonly audits: ReadonlySet<Audit>;
  readonly entries: Pick<AuditLog, 'record'>;
  readonly hubs: Pick<HubDirectory, 'first'>;
  readonly codec: Codec;
  readonly log: Logger;
}

/** Writes down calls, as they are answered. */
export class CallAudit {
  readonly #options: CallAuditOptions;

  constructor(options: CallAuditOptions) {
    this.#options = options;
  }

  /** Undefined for an rpc that is not written down. */
  of(rpc: Rpc): Recorder | undefined {
    if (!this.#options.audits.has(rpcTable[rpc].audit)) return undefined;
    return (call, caller, callback) => {
      // Its connection may be gone when it is answered.
      const peer = call.getPeer();
      return (error, value, ...rest) => {
        const code = error ? (error.code ?? status.UNKNOWN) : status.OK;
        this.#record(rpc, { call, peer, caller, code, answer: error ? undefined : value });
        callback(error, value, ...rest);
      };
    };
  }

  /** The handlers of a service where nobody is asked who calls. */
  guard(handlers: UntypedServiceImplementation): UntypedServiceImplementation {
    const guarded = { ...handlers };
    for (const [rpc, handle] of Object.entries(handlers)) {
      const recorder = isRpc(rpc) ? this.of(rpc) : undefined;
      if (!recorder) continue;
      guarded[rpc] = (call: Parameters<UnaryHandler>[0], callback: Callback) => {
        (handle as UnaryHandler)(call, recorder(call, undefined, callback));
      };
    }
    return guarded;
  }

  #record(rpc: Rpc, { call, peer, caller, code, answer }: Answered): void {
    const { entries, hubs, codec, log } = this.#options;
    const { metadata, request } = call;
    // Refused calls cost who makes them nothing: neither do they cost much here.
    const isTold = code === status.OK || request.length <= MOST_REFUSED;
    try {
      entries.record(status[code], () => ({
        action: rpc,
        ...hubAndTargetOf(rpc, { metadata, request: isTold ? request : undefined, answer }, { hubs, codec }),
        outcome: status[code],
        ...whoIs(caller),
        peer,
      }));
    } catch (error) {
      // The call has been carried out by now: its client is told so.
      log.error({ err: error, rpc }, 'a call could not be written to the audit log');
    }
  }
}

interface Answered {
  readonly call: Call;
  readonly peer: string;
  readonly caller: Principal | undefined;
  readonly code: status;
  readonly answer: Buffer | null | undefined;
}

function whoIs(caller: Principal | undefined): Pick<AuditEvent, 'who' | 'whoName' | 'knownBy'> {
  if (!caller) return { who: '', whoName: '', knownBy: 'anonymous' };
  const { id: who, name, knownBy } = caller;
  return { who, whoName: name === who ? '' : name, knownBy };
}
