import cluster from 'node:cluster';
import { type RunningServer } from '../../config.ts';
import { startServer } from '../../server.ts';
import { namesOfSeveral } from '../../store-settings.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import { version } from '../../version.ts';
import { arm, openSpans, type ServerRun, stopSignal } from '../run-server.ts';
import { type Answers, type FromMember, type FromParent } from './messages.ts';

/** Runs one of the processes that serve together, until the parent or a signal stops it. It ends with the parent. */
export async function serveAsMember({ settings, databaseUrl, log: logOfAll }: ServerRun): Promise<void> {
  const log = logOfAll.child({ process: cluster.worker?.id });
  const stopping = Promise.race([stopSignal(process, log), stoppedByParent()]);
  arm(settings, log);
  const spans = await openSpans(settings, log);
  const metrics = createMetrics(version, spans, namesOfSeveral(settings));
  const server = await startServer({ ...settings, databaseUrl, metricsPort: undefined }, log, metrics);
  answerParent(server, metrics);
  await stopping;
  await server.stop();
  await spans?.close();
}

function stoppedByParent(): Promise<void> {
  return new Promise((stop) => {
    process.on('message', (message: FromParent) => {
      if (message === 'stop') stop();
    });
  });
}

function answerParent(server: RunningServer, metrics: Metrics): void {
  const answers: { readonly [Q in keyof Answers]: () => Answers[Q] | Promise<Answers[Q]> } = {
    readiness: () => server.readiness(),
    metrics: () => metrics.snapshot(),
  };
  const answer = async (message: FromParent): Promise<void> => {
    if (message !== 'stop') tell({ id: message.id, answer: await answers[message.question]() });
  };
  process.on('message', (message: FromParent) => {
    void answer(message);
  });
  tell({ grpcAddress: server.grpcAddress });
}

function tell(message: FromMember): void {
  // A parent that is gone takes this process with it.
  process.send?.(message, undefined, undefined, () => undefined);
}
