import { processLoops } from './background/loops.ts';
import { runLoop } from './background/loop.ts';
import { type RunningServer, type ServerSettings } from './config.ts';
import { WorkerStreams } from './dispatch/streams.ts';
import { unavailable } from './domain/errors.ts';
import { hubName } from './domain/ids.ts';
import { EngineHost } from './engine-host.ts';
import { startGrpc } from './grpc/listener.ts';
import { Hubs } from './hub-directory.ts';
import { codec } from './protocol/codec.ts';
import { type EngineSettings } from './scheduler/context.ts';
import { InstanceWaits } from './scheduler/instance-waits.ts';
import { startTelemetryServer } from './telemetry/http.ts';
import { type Logger } from './telemetry/log.ts';
import { type Metrics } from './telemetry/metrics.ts';
import { version } from './version.ts';

/** What is stopped, the last one first. */
type Stops = (() => Promise<void>)[];

/**
 * The composition root: builds every part of one replica and starts them in order. The schema is there already. Rejects
 * with a `StartupError` when an address can't be had; nothing is left open then.
 */
export async function startServer(
  settings: ServerSettings & { readonly databaseUrl: string },
  log: Logger,
  metrics: Metrics,
): Promise<RunningServer> {
  const stops: Stops = [];
  try {
    return await assemble(settings, { log, metrics, stops });
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function assemble(
  settings: ServerSettings & { readonly databaseUrl: string },
  { log, metrics, stops }: { readonly log: Logger; readonly metrics: Metrics; readonly stops: Stops },
): Promise<RunningServer> {
  const { bindAddress, grpcPort, metricsPort, taskHubs, dynamicTaskHubs, drainSeconds } = settings;
  const streams = new WorkerStreams();
  const waits = new InstanceWaits(
    () => host.engine?.context.store,
    (error) => {
      log.debug({ err: error }, 'waiting calls could not be looked at; they are again soon');
    },
  );
  const host: EngineHost = new EngineHost({
    databaseUrl: settings.databaseUrl,
    schema: settings.databaseSchema,
    poolSize: settings.databasePoolSize,
    address: bindAddress,
    ...{ version, streams, waits, log, metrics },
    settings: engineSettings(settings),
    onHubsChanged: () => {
      hubs.refresh().catch((error: unknown) => {
        log.debug({ err: error }, 'the task hubs could not be read');
      });
    },
  });
  const hubs = new Hubs({ configured: taskHubs.map(hubName), isDynamic: dynamicTaskHubs, streams, host });
  await host.start();
  stops.push(() => host.stop());
  await hubs.prepare();
  let isStopping = false;
  const telemetry = await startTelemetryServer({
    ...{ host: bindAddress, port: metricsPort, metrics },
    readiness: () => {
      if (isStopping) return { ready: false, reason: 'stopping' };
      return host.engine ? { ready: true } : { ready: false, reason: 'the database is not available' };
    },
  });
  stops.unshift(() => telemetry.close());
  const grpc = await startGrpc({ host: bindAddress, port: grpcPort, hubs, streams, codec, log });
  stops.push(() => grpc.stop());
  const loops = processLoops(streams, () => hubs.refresh()).map((loop) =>
    runLoop(loop, (name, error) => {
      log.error({ err: error, task: name }, 'background work failed; it will be tried again');
    }),
  );
  stops.push(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
  });
  return {
    grpcAddress: grpc.address,
    metricsAddress: `${bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress}:${telemetry.port}`,
    async stop() {
      if (isStopping) return;
      isStopping = true;
      grpc.setServing(false);
      await host.drain(drainSeconds * 1000);
      streams.endAll(unavailable('the server is stopping'));
      await stopAll(stops);
    },
  };
}

async function stopAll(stops: Stops): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
}

const MIB = 1024 * 1024;

function engineSettings(settings: ServerSettings): EngineSettings {
  return {
    orchestrationLeaseMs: settings.orchestrationLeaseSeconds * 1000,
    activityLeaseMs: settings.activityLeaseSeconds * 1000,
    streamGraceMs: settings.streamGraceSeconds * 1000,
    maxDeliveryAttempts: settings.maxDeliveryAttempts,
    maxWorkItemBytes: settings.maxWorkItemMb * MIB,
    historyCacheBytes: settings.historyCacheMb * MIB,
  };
}
