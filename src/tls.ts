import { type RunningLoop, runLoop } from './background/loop.ts';
import { Certificates } from './auth/certificates.ts';
import { StartupError } from './lib/startup-error.ts';
import { type SecuritySettings } from './security-settings.ts';
import { type Logger } from './telemetry/log.ts';
import { type Metrics } from './telemetry/metrics.ts';

/** New certificates are there long before the old ones run out, so nobody waits for this. */
const LOOK_EVERY_MS = 5_000;

export type TlsSettings = Pick<SecuritySettings, 'tlsCertFile' | 'tlsKeyFile' | 'tlsClientCaFile'>;

/** The certificates of all listeners of this process, kept up to date. */
export interface Tls {
  readonly source: Certificates;
  readonly loop: RunningLoop;
}

/** Undefined without TLS. Rejects with a `StartupError` when the files can't be used. */
export async function openTls(
  settings: TlsSettings,
  log: Logger,
  metrics: Pick<Metrics, 'certificateRead'>,
): Promise<Tls | undefined> {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsClientCaFile: clientCaFile } = settings;
  if (certFile === undefined || keyFile === undefined) {
    if (certFile ?? keyFile ?? clientCaFile) {
      throw new StartupError(
        'TLS needs PERDURA_TLS_CERT_FILE and PERDURA_TLS_KEY_FILE: only a part of it is set',
      );
    }
    return undefined;
  }
  const source = await Certificates.open({ certFile, keyFile, clientCaFile });
  metrics.certificateRead('taken', source.expiresAt);
  const once = async (): Promise<number> => {
    await lookAgain(source, log, metrics);
    return 0;
  };
  const loop = runLoop({ name: 'reload-certificates', everyMs: LOOK_EVERY_MS, once }, (task, error) => {
    log.warn({ err: error, task }, 'certificates could not be read again');
  });
  return { source, loop };
}

async function lookAgain(
  source: Certificates,
  log: Logger,
  metrics: Pick<Metrics, 'certificateRead'>,
): Promise<void> {
  const reload = await source.reload();
  switch (reload.outcome) {
    case 'unchanged':
      return;
    case 'taken':
      log.info({ expiresAt: reload.expiresAt }, 'new certificates are in use');
      break;
    case 'refused':
      log.error({ reason: reload.reason }, 'new certificates can not be used; the old ones stay in use');
  }
  metrics.certificateRead(reload.outcome, source.expiresAt);
}
