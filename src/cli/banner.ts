import { isAuthenticated } from '../authentication.ts';
import { type RunningServer, type Settings } from '../config.ts';
import { namesOfSeveral } from '../store-settings.ts';
import { version } from '../version.ts';

/** `host:port` as bound. */
export type Addresses = Pick<RunningServer, 'grpcAddress' | 'metricsAddress'> &
  Partial<Pick<RunningServer, 'identityAddress'>>;

export interface Started {
  readonly settings: Settings;
  readonly server: Addresses;
  /** Of the embedded PostgreSQL; absent with a database of one's own. */
  readonly dataDir: string | undefined;
}

/** What a person needs after a start: where it answers and what to paste. */
export function startedFields({ settings, server, dataDir }: Started): Readonly<Record<string, string>> {
  const { taskHubs, tlsCertFile } = settings;
  const scheme = tlsCertFile === undefined ? 'http' : 'https';
  const grpc = `${scheme}://${reachable(server.grpcAddress)}`;
  const stores = namesOfSeveral(settings);
  return {
    'gRPC endpoint': grpc,
    'Metrics and health': `${scheme}://${reachable(server.metricsAddress)}/metrics`,
    [taskHubs.length === 1 ? 'Task hub' : 'Task hubs']: taskHubs.join(', '),
    ...(stores.length > 0 ? { Stores: stores.join(', ') } : {}),
    ...(dataDir === undefined ? {} : { 'Data folder': dataDir }),
    ...(server.identityAddress
      ? { 'Managed identity': `${scheme}://${reachable(server.identityAddress)}/msi/token` }
      : {}),
    // With authentication there is none that could be pasted: docs/security.md says how SDKs show a credential.
    ...(isAuthenticated(settings)
      ? { Callers: 'show a credential' }
      : { 'Connection string': `Endpoint=${grpc};Authentication=None;TaskHub=${taskHubs[0] ?? 'default'}` }),
  };
}

export function banner(started: Started): string {
  const lines = Object.entries(startedFields(started)).map(([name, value]) => `  ${name.padEnd(20)}${value}`);
  return ['', `  Perdura ${version} is ready`, '', ...lines, '', ''].join('\n');
}

/** An address that a program on this machine can connect to: not the one that means "all". */
function reachable(address: string): string {
  return address.replace(/^(0\.0\.0\.0|127\.0\.0\.1|\[::1?\]|::1?):(?=\d+$)/, 'localhost:');
}
