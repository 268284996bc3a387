import { setTimeout as pause } from 'node:timers/promises';
import { Server, type ServiceDefinition, setLogger, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { unavailable } from '../domain/errors.ts';
import { type Authenticator } from '../auth/authenticator.ts';
import { StartupError } from '../lib/startup-error.ts';
import { type TlsSource } from '../lib/tls-source.ts';
import { type Codec } from '../protocol/codec.ts';
import { adminDefinition, serviceDefinition } from '../protocol/service.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { type Logger } from '../telemetry/log.ts';
import { Access } from './access.ts';
import { adminHandlers } from './admin.ts';
import { type CallAudit } from './call-audit.ts';
import { Health } from './health.ts';
import { serverCredentials } from './credentials.ts';
import { addReflection } from './reflection.ts';
import { serverOptions } from './server-options.ts';
import { serviceHandlers } from './service.ts';
import { UnfinishedRequests } from './unfinished-requests.ts';
import { OpenWaits } from './waits.ts';

/** Calls under way have so long to end when the server stops; then their connections are cut. */
const STOP_WAIT_MS = 3_000;

export interface GrpcOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls?: TlsSource | undefined;
  /** Undefined: everybody may do everything. */
  readonly authenticator?: Authenticator | undefined;
  /** Undefined: calls are not written down. */
  readonly audit?: CallAudit | undefined;
  readonly hubs: HubDirectory;
  readonly codec: Codec;
  readonly log: Logger;
}

export interface GrpcListener {
  /** `host:port` as bound. */
  readonly address: string;
  /** False: health says so, and workers that look for a server are sent away; everything else goes on. */
  setServing(isServing: boolean): void;
  /** Ends streams of work items whose callers may not have them any more. */
  endStreams(): void;
  /** No new calls; those under way get a moment to end. Worker streams are ended by their owner before. */
  stop(): Promise<void>;
}

/** Listens for clients and workers. Rejects with a `StartupError` when the address can't be had. */
export async function startGrpc(options: GrpcOptions): Promise<GrpcListener> {
  const { hubs, codec, log, authenticator, audit } = options;
  // The library would write to stderr what its callbacks tell as well.
  setLogger({
    error: (message: unknown) => {
      log.debug({ detail: message }, 'gRPC');
    },
  });
  const server = new Server(serverOptions);
  const waits = new OpenWaits();
  let isServing = true;
  const access = authenticator && new Access({ authenticator, hubs, codec, log, audit });
  const parts = { hubs, codec, log, waits, access, isServing: () => isServing };
  const addService = (service: ServiceDefinition, handlers: UntypedServiceImplementation): void => {
    server.addService(service, access?.guard(service, handlers) ?? audit?.guard(handlers) ?? handlers);
  };
  addService(serviceDefinition, serviceHandlers(parts));
  addService(adminDefinition, adminHandlers(parts));
  const health = new Health(server);
  addReflection(server);
  const address = await bind(server, options);
  const unfinished = new UnfinishedRequests(log);
  return {
    address,
    setServing(serving) {
      isServing = serving;
      health.set(serving);
    },
    endStreams() {
      access?.endStreams();
    },
    async stop() {
      isServing = false;
      health.set(false);
      waits.abortAll(unavailable('the server is stopping'));
      await Promise.race([shutDown(server), pause(STOP_WAIT_MS, undefined, { ref: false })]);
      server.forceShutdown();
      access?.close();
      unfinished.close();
    },
  };
}

async function bind(server: Server, { host, port, tls }: GrpcOptions): Promise<string> {
  const shown = host.includes(':') ? `[${host}]` : host;
  const bound = await new Promise<number>((done, failed) => {
    server.bindAsync(`${shown}:${port}`, serverCredentials(tls), (error, boundPort) => {
      if (error) failed(listenError(error, { host: shown, port }));
      else done(boundPort);
    });
  });
  return `${shown}:${bound}`;
}

function shutDown(server: Server): Promise<void> {
  return new Promise((done) => {
    server.tryShutdown(() => {
      done();
    });
  });
}

function listenError(error: Error, { host, port }: Pick<GrpcOptions, 'host' | 'port'>): StartupError {
  if (error.message.includes('EADDRINUSE')) {
    return new StartupError(
      `port ${port} (gRPC) is in use on ${host}: stop what uses it, or set PERDURA_GRPC_PORT`,
    );
  }
  return new StartupError(`can't listen on ${host}:${port} (gRPC): ${error.message}`);
}
