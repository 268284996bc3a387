import cluster from 'node:cluster';
import { namesOfSeveral } from '../../store-settings.ts';
import { startTelemetryServer } from '../../telemetry/http.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { renderTogether } from '../../telemetry/merged-metrics.ts';
import { openTls } from '../../tls.ts';
import { version } from '../../version.ts';
import { announce, arm, prepareDatabase, type ServerRun, stopSignal } from '../run-server.ts';
import { ProcessGroup } from './group.ts';

/**
 * Runs several processes that serve together until a signal stops them. This one serves no calls: it prepares the
 * database, hands out connections, and answers Prometheus and probes for all.
 */
export async function serveTogether(run: ServerRun): Promise<void> {
  const { settings, log } = run;
  const stopping = stopSignal(process, log);
  arm(settings, log);
  await prepareDatabase(run);
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const group = new ProcessGroup(settings, log);
  const own = createMetrics(version, undefined, namesOfSeveral(settings));
  const tls = await openTls(settings, log, own);
  const telemetry = await startTelemetryServer({
    ...{ host: settings.bindAddress, port: settings.metricsPort, tls: tls?.source },
    metrics: {
      contentType: own.contentType,
      render: async () => renderTogether([await own.snapshot(), ...(await group.snapshots())]),
    },
    readiness: () => group.readiness(),
    health: () => group.health(),
  });
  const grpcAddress = await Promise.race([group.start(), stopping]);
  if (grpcAddress !== undefined) announce(run, { grpcAddress, metricsAddress: telemetry.address });
  await stopping;
  await group.stop();
  await telemetry.close();
  await tls?.loop.stop();
  log.info('stopped');
}
