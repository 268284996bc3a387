import { hostname } from 'node:os';
import { processLoops } from './background/loops.ts';
import { AllowList } from './auth/allow-list.ts';
import { type Authenticator } from './auth/authenticator.ts';
import { openAudit } from './auditing.ts';
import { openAuthentication } from './authentication.ts';
import { type Loop, runLoop } from './background/loop.ts';
import { type RunningServer, type ServerSettings } from './config.ts';
import { HubQuotas } from './dispatch/hub-quotas.ts';
import { WorkerStreams } from './dispatch/streams.ts';
import { unavailable } from './domain/errors.ts';
import { hubName } from './domain/ids.ts';
import { type Store, type StoredApiKey } from './domain/store.ts';
import { openKeyRing } from './encryption.ts';
import { EngineHost } from './engine-host.ts';
import { type GrpcListener, startGrpc } from './grpc/listener.ts';
import { Hubs, type HubStore } from './hub-directory.ts';
import { startIdentityServer } from './http/managed-identity.ts';
import { must } from './lib/assert.ts';
import { type KeyRing } from './postgres/key-ring.ts';
import { prepareStore } from './prepare-store.ts';
import { defaultQuotas } from './quota-settings.ts';
import { codec } from './protocol/codec.ts';
import { type EngineSettings } from './scheduler/context.ts';
import { InstanceWaits } from './scheduler/instance-waits.ts';
import { type NamedStore, storesOf } from './store-settings.ts';
import { type Readiness, startTelemetryServer } from './telemetry/http.ts';
import { type Logger } from './telemetry/log.ts';
import { type Metrics } from './telemetry/metrics.ts';
import { openTls, type Tls } from './tls.ts';
import { version } from './version.ts';

type Settings = Omit<ServerSettings, 'metricsPort'> & {
  readonly databaseUrl: string;
  /** Undefined: whoever started this replica answers for it. */
  readonly metricsPort: number | undefined;
};

/**
 * The composition root: builds every part of one replica and starts them in order. The schema of the default store is
 * there already. Rejects with a `StartupError` when an address can't be had; nothing is left open then.
 */
export async function startServer(settings: Settings, log: Logger, metrics: Metrics): Promise<RunningServer> {
  const replica = new Replica(settings, log, metrics, openKeyRing(settings));
  try {
    await replica.start();
    return replica;
  } catch (error) {
    await replica.close();
    throw error;
  }
}

/** What there is once for each store, because ids of two stores are not told apart. */
interface StoreParts extends HubStore {
  readonly store: NamedStore;
  readonly host: EngineHost;
  readonly log: Logger;
}

class Replica implements RunningServer {
  grpcAddress = '';
  metricsAddress = '';
  identityAddress = '';
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #keyRing: KeyRing;
  /** The default one first. */
  readonly #stores: readonly StoreParts[];
  readonly #hubs: Hubs;
  /** How to close what is open, in the order in which it was opened. */
  readonly #open: (() => Promise<unknown>)[] = [];
  #grpc: GrpcListener | undefined;
  #tls: Tls | undefined;
  /** Undefined: everybody may connect. */
  #allowList: AllowList | undefined;
  #isStopping = false;

  constructor(settings: Settings, log: Logger, metrics: Metrics, keyRing: KeyRing) {
    this.#settings = settings;
    this.#log = log;
    this.#metrics = metrics;
    this.#keyRing = keyRing;
    const stores = storesOf(settings);
    this.#stores = stores.map((store) =>
      this.#build(store, stores.length > 1 ? log.child({ store: store.name }) : log),
    );
    const { taskHubs, dynamicTaskHubs: isDynamic } = settings;
    this.#hubs = new Hubs({
      ...{ configured: taskHubs.map(hubName), isDynamic, stores: this.#stores },
      onIgnored: (task, error) => {
        this.#ignored(task)(error);
      },
    });
  }

  #build(store: NamedStore, log: Logger): StoreParts {
    const { name, url: databaseUrl, schema } = store;
    const metrics = this.#metrics.ofStore(name);
    const streams = new WorkerStreams(metrics);
    const quotas = new HubQuotas(defaultQuotas(this.#settings), streams);
    const waits: InstanceWaits = new InstanceWaits(
      () => host.engine?.context.store,
      this.#ignored('look-at-waits'),
    );
    const host: EngineHost = new EngineHost({
      ...{ databaseUrl, schema, version, streams, waits, quotas, log, metrics },
      poolSize: this.#settings.databasePoolSize,
      keyRing: this.#keyRing,
      address: `${hostname()}:${this.#settings.grpcPort}`,
      settings: engineSettings(this.#settings),
      onHubsChanged: () => {
        this.#hubs.refresh(name).catch(this.#ignored('refresh-hubs'));
      },
    });
    metrics.watch(() => ({
      activeItems: streams.activeItems(),
      waitingCalls: waits.count,
      quotas: quotas.sample(),
      ...(host.engine?.sample() ?? noEngine),
    }));
    return { name, store, streams, host, log };
  }

  async start(): Promise<void> {
    this.#tls = await openTls(this.#settings, this.#log, this.#metrics);
    this.#open.push(() => this.#tls?.loop.stop() ?? Promise.resolve());
    this.#open.push(() => Promise.all(this.#stores.map(({ host }) => host.stop())));
    const [main, ...further] = this.#stores;
    await main?.host.start();
    await Promise.all(
      further.map(({ store, host, log }) => host.begin((signal) => prepareStore(store, log, signal))),
    );
    await this.#hubs.prepare();
    await this.#openTelemetry();
    const { bindAddress: host, grpcPort } = this.#settings;
    const [hubs, log, tls] = [this.#hubs, this.#log, this.#tls?.source];
    const readKeys = async (): Promise<readonly StoredApiKey[]> => {
      const { store } = await must(main, 'the default store').host.context();
      return store.readApiKeys();
    };
    const authentication = await openAuthentication(this.#settings, readKeys, log);
    const authenticator = authentication?.authenticator;
    this.#openAllowList();
    await this.#openIdentity(authenticator);
    const audit = this.#openAudit();
    this.#open.push(() => audit.close());
    const grpc = await this.#guarded(grpcPort, () =>
      startGrpc({
        ...{ host, port: grpcPort, tls, authenticator, audit: audit.calls, hubs, codec, log },
      }),
    );
    this.#grpc = grpc;
    this.#open.push(() => grpc.stop());
    const refresh = authentication?.loop(() => {
      grpc.endStreams();
    });
    this.#runLoops([...audit.loops, ...(refresh ? [refresh] : [])]);
    this.grpcAddress = grpc.address;
  }

  async #openTelemetry(): Promise<void> {
    const { bindAddress: host, metricsPort: port } = this.#settings;
    if (port === undefined) return;
    const telemetry = await startTelemetryServer({
      ...{ host, port, tls: this.#tls?.source, metrics: this.#metrics },
      readiness: () => this.readiness(),
    });
    // Probes are answered until the very end.
    this.#open.unshift(() => telemetry.close());
    this.metricsAddress = telemetry.address;
  }

  async #openIdentity(authenticator: Authenticator | undefined): Promise<void> {
    const { bindAddress: host, identityPort: port, jwtAudiences: audiences } = this.#settings;
    if (port === undefined || !authenticator) return;
    const tls = this.#tls?.source;
    const listener = await this.#guarded(port, () =>
      startIdentityServer({ host, port, tls, authenticator, audiences }),
    );
    this.#open.push(() => listener.close());
    this.identityAddress = listener.address;
  }

  /** Metrics and probes have a port of their own, which stays open. */
  #openAllowList(): void {
    const { allowFrom } = this.#settings;
    if (allowFrom.length === 0) return;
    const list = new AllowList(allowFrom, (address) => {
      this.#metrics.connectionRefused();
      this.#log.debug(
        { address },
        'a connection from an address that is not in PERDURA_ALLOW_FROM was closed',
      );
    });
    this.#allowList = list;
    this.#open.push(() => {
      list.close();
      return Promise.resolve();
    });
  }

  /** Starts what listens on a port, which is guarded before the first connection; one that is drawn, in the turn in which it is known. */
  async #guarded<Listener extends { readonly address: string }>(
    port: number,
    start: () => Promise<Listener>,
  ): Promise<Listener> {
    this.#allowList?.guard(port);
    const listener = await start();
    this.#allowList?.guard(Number(listener.address.split(':').at(-1)));
    return listener;
  }

  #openAudit() {
    const { host } = must(this.#stores[0], 'the default store');
    const store = (): Store => {
      // The log goes on trying: it needs not wait for the next incarnation.
      if (!host.current) throw unavailable('the database is not available');
      return host.current.store;
    };
    return openAudit({
      ...{ settings: this.#settings, hubs: this.#hubs, store },
      ...{ log: this.#log, metrics: this.#metrics },
    });
  }

  #runLoops(more: readonly Loop[]): void {
    const ofStores = this.#stores.flatMap(({ name, streams }) =>
      processLoops(streams, () => this.#hubs.refresh(name)),
    );
    const loops = [...ofStores, ...more].map((loop) =>
      runLoop(loop, (task, error) => {
        this.#ignored(task)(error);
      }),
    );
    this.#open.push(() => Promise.all(loops.map((loop) => loop.stop())));
  }

  /** Not ready, no claims, leased work finishes within `drainSeconds`, streams end, residents are released. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#grpc?.setServing(false);
    await Promise.all(this.#stores.map(({ host }) => host.drain(this.#settings.drainSeconds * 1000)));
    for (const { streams } of this.#stores) streams.endAll(unavailable('the server is stopping'));
    await this.close();
  }

  async close(): Promise<void> {
    for (let close = this.#open.pop(); close; close = this.#open.pop()) await close();
  }

  /** Where one store serves, its hubs must be reached, whatever is wrong with the others. */
  readiness(): Readiness {
    if (this.#isStopping) return { ready: false, reason: 'stopping' };
    if (this.#stores.some(({ host }) => host.engine)) return { ready: true };
    return { ready: false, reason: 'the database is not available' };
  }

  /** For work that is done again anyway. */
  #ignored(task: string): (error: unknown) => void {
    return (error) => {
      this.#log.debug({ err: error, task }, 'background work failed; it will be tried again');
    };
  }
}

/** What metrics show between two incarnations. */
const noEngine = {
  isServing: false,
  residentInstances: 0,
  historyCacheBytes: 0,
  connections: { busy: 0, idle: 0, waiting: 0 },
};

const MIB = 1024 * 1024;

function engineSettings(settings: Settings): EngineSettings {
  return {
    orchestrationLeaseMs: settings.orchestrationLeaseSeconds * 1000,
    activityLeaseMs: settings.activityLeaseSeconds * 1000,
    streamGraceMs: settings.streamGraceSeconds * 1000,
    maxDeliveryAttempts: settings.maxDeliveryAttempts,
    maxWorkItemBytes: settings.maxWorkItemMb * MIB,
    historyCacheBytes: settings.historyCacheMb * MIB,
    bounds: {
      instanceIdLength: settings.maxInstanceIdLength,
      payloadBytes: settings.maxPayloadMb * MIB,
    },
  };
}
