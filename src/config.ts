// Every setting of the program in one table: its value's type, default and sentence. The key gives the other names:
// `grpcPort` is the environment variable PERDURA_GRPC_PORT and the flag --grpc-port. A flag wins over the environment,
// the environment over the default. `--help`, docs/settings.md and its test are made of this table.

import { limits } from './domain/limits.ts';
import { type Failpoints } from './lib/failpoints.ts';
import { nearestWord } from './lib/nearest-word.ts';
import { StartupError } from './lib/startup-error.ts';
import {
  beginningOf,
  envName,
  readSetting,
  type Setting,
  setting,
  type SettingsSource,
} from './read-setting.ts';
import {
  bool,
  type Endpoint,
  endpoint,
  failpoints,
  hubName,
  hubNames,
  httpUrl,
  levelSynonyms,
  oneOf,
  schemaName,
  storeNames,
  text,
  whole,
} from './setting-kinds.ts';
import { type QuotaSettings, quotaSettingsTable, readQuotaSettings } from './quota-settings.ts';
import { readSecuritySettings, type SecuritySettings, securitySettingsTable } from './security-settings.ts';
import { type FurtherStore, isOfStore, readStores } from './store-settings.ts';
import { type Readiness } from './telemetry/http.ts';
import { type LogFormat, logFormats, type LogLevel, logLevels } from './telemetry/log.ts';

export interface Settings extends SecuritySettings, QuotaSettings {
  readonly databaseUrl: string | undefined;
  readonly databaseSchema: string;
  /** Those beside the one that `databaseUrl` names. */
  readonly stores: readonly FurtherStore[];
  readonly dataDir: string;
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly bindAddress: string;
  readonly processes: number;
  readonly taskHubs: readonly string[];
  readonly dynamicTaskHubs: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly allowAnonymous: boolean;
  readonly orchestrationLeaseSeconds: number;
  readonly activityLeaseSeconds: number;
  readonly streamGraceSeconds: number;
  readonly maxDeliveryAttempts: number;
  readonly drainSeconds: number;
  readonly historyCacheMb: number;
  readonly maxWorkItemMb: number;
  readonly maxPayloadMb: number;
  readonly maxInstanceIdLength: number;
  readonly databasePoolSize: number;
  readonly otlpEndpoint: string | undefined;
  readonly failpoints: Failpoints;
}

/** What the server itself reads; the rest is for the command that starts it. */
export type ServerSettings = Omit<Settings, CommandSetting>;

type CommandSetting =
  | ('databaseUrl' | 'dataDir' | 'processes' | 'logLevel' | 'logFormat')
  | ('allowAnonymous' | 'otlpEndpoint' | 'failpoints');

/** What the commands that talk to a running server read. */
export interface ClientSettings {
  readonly endpoint: Endpoint;
  /** Undefined: the server's first task hub. */
  readonly hub: string | undefined;
  /** Undefined: the server takes everybody. */
  readonly apiKey: string | undefined;
}

/** A server that answers; addresses are `host:port` as bound. */
export interface RunningServer {
  readonly grpcAddress: string;
  /** Empty when somebody else answers for it. */
  readonly metricsAddress: string;
  /** Empty where SDKs get no tokens. */
  readonly identityAddress: string;
  /** Whether it should get traffic now. */
  readiness(): Readiness;
  /** Drains: not ready, no claims, leased work finishes within `drainSeconds`, streams end, residents are released. */
  stop(): Promise<void>;
}

const port = whole(0, 65_535);
/** Timers of Node end at 2^31 milliseconds, a little over 24 days. */
const longestSeconds = 2_000_000;

/** Settings as they stand in one variable; of stores that is their names. */
type Listed = Omit<Settings, 'stores'> & { readonly stores: readonly string[] };

export const settingsTable: { readonly [K in keyof Listed]: Setting<Listed[K]> } = {
  databaseUrl: {
    ...text('url', 'a URL like postgres://user:password@host:5432/database'),
    fallback: undefined,
    shown: 'unset: embedded PostgreSQL (dev)',
    sentence: 'Where PostgreSQL (14 or newer) is; serve and migrate need it.',
  },
  databaseSchema: setting(schemaName, 'perdura', 'The schema that holds all tables; it is made when absent.'),
  stores: {
    ...storeNames,
    fallback: [],
    shown: 'unset: none',
    sentence: 'Further stores of task hubs, by names separated by commas; each has settings of its own.',
  },
  dataDir: setting(
    text('folder', 'a folder'),
    './.perdura',
    'Where the embedded PostgreSQL keeps its data (dev).',
  ),
  grpcPort: setting(port, 8080, 'Port of the gRPC endpoint for clients and workers; 0 takes any free one.'),
  metricsPort: setting(port, 9090, 'Port of /metrics, /healthz and /readyz; 0 takes any free one.'),
  bindAddress: {
    ...text('address', 'an IP address or a host name'),
    fallback: (command) => (command === 'dev' ? '127.0.0.1' : '0.0.0.0'),
    shown: '127.0.0.1 (dev), 0.0.0.0 (serve)',
    sentence: 'The address that all ports listen on.',
  },
  ...securitySettingsTable,
  processes: setting(
    whole(1, 64),
    1,
    'Processes that serve together on both ports, each a replica of its own, where there are cores for them (serve).',
  ),
  taskHubs: setting(
    hubNames,
    ['default'],
    'Task hubs made at the start, separated by commas; the first is for calls that name none.',
    ['DTS_TASK_HUB_NAMES'],
  ),
  dynamicTaskHubs: setting(bool, false, 'Make a task hub when a call first names it.', [
    'DTS_USE_DYNAMIC_TASK_HUBS',
  ]),
  logLevel: setting(oneOf(logLevels, levelSynonyms), 'info', 'The least important level that is logged.', [
    'DTS_EMULATOR_LOG_LEVEL',
  ]),
  logFormat: setting(
    oneOf(logFormats),
    'auto',
    'How log lines look; auto is pretty in a terminal, else JSON.',
  ),
  allowAnonymous: setting(
    bool,
    false,
    'Let serve start without authentication, because the network protects it.',
  ),
  orchestrationLeaseSeconds: setting(
    whole(1, 86_400),
    300,
    'Time a worker has for one turn of an orchestration, in seconds; then the turn goes out again.',
  ),
  activityLeaseSeconds: setting(
    whole(0, longestSeconds),
    86_400,
    "Time a worker has for an activity, in seconds; 0 binds it to its worker's stream alone.",
  ),
  streamGraceSeconds: setting(
    whole(0, 3_600),
    5,
    "Time that a lost worker's items wait for its return before they go to another, in seconds.",
  ),
  maxDeliveryAttempts: setting(
    whole(1, 1_000),
    10,
    'Deliveries of a work item that may end in a lost worker or a timeout before it fails for good.',
  ),
  drainSeconds: setting(
    whole(0, 3_600),
    30,
    'Time that work under way has to finish when the server is stopped, in seconds.',
  ),
  historyCacheMb: setting(whole(1, 65_536), 256, 'Memory for histories of running orchestrations, in MiB.'),
  maxWorkItemMb: setting(
    whole(1, 64),
    4,
    'Largest work item sent in one message, in MiB; a longer history is streamed; the state of an entity may have three quarters of it.',
  ),
  maxPayloadMb: setting(
    whole(1, 64),
    3,
    'Largest input, output, result, event, custom status or state, in MiB.',
  ),
  maxInstanceIdLength: setting(
    whole(100, limits.derivedInstanceIdBytes),
    100,
    'Longest instance id that clients may give, in characters; ids that SDKs derive from it for children end at 512 bytes.',
  ),
  ...quotaSettingsTable,
  databasePoolSize: setting(whole(1, 1_000), 10, 'Connections to PostgreSQL for reads.'),
  otlpEndpoint: {
    ...httpUrl,
    fallback: undefined,
    shown: 'unset: no spans',
    sentence: 'An OpenTelemetry collector (OTLP over HTTP) that gets spans of dispatches, commits and waits.',
  },
  failpoints: {
    ...failpoints,
    fallback: new Map(),
    shown: 'unset: none',
    sentence:
      'For tests of failures only: the server kills itself the n-th time that it passes one of these points, like after-commit@3.',
  },
};

export const clientSettingsTable: {
  readonly [K in keyof ClientSettings]: Setting<ClientSettings[K] | undefined>;
} = {
  endpoint: {
    ...endpoint,
    fallback: undefined,
    shown: 'localhost and the port of PERDURA_GRPC_PORT',
    sentence: 'The server to talk to; with https:// by TLS.',
  },
  hub: {
    ...hubName,
    fallback: undefined,
    shown: "the server's first",
    sentence: 'The task hub that is meant.',
  },
  apiKey: {
    ...text('key', 'an API key'),
    fallback: undefined,
    shown: 'unset: none is sent',
    sentence: 'The API key, or another bearer token, that is sent to the server.',
  },
};

export type SettingKey = keyof Settings;
export type ClientSettingKey = keyof ClientSettings;

export const settingKeys: readonly SettingKey[] = Object.keys(settingsTable).filter(isSettingKey);

export const clientSettingKeys: readonly ClientSettingKey[] = ['endpoint', 'hub', 'apiKey'];

function isSettingKey(name: string): name is SettingKey {
  return name in settingsTable;
}

/** Reads all settings once. A value or a name that isn't known ends the start with one line. */
export function readSettings(source: SettingsSource): Settings {
  refuseUnknownNames(source.env);
  const read = <K extends SettingKey>(key: K): Listed[K] => readSetting(key, settingsTable[key], source);
  return Object.freeze({
    databaseUrl: read('databaseUrl'),
    databaseSchema: read('databaseSchema'),
    stores: readStores(read('stores'), source),
    dataDir: read('dataDir'),
    grpcPort: read('grpcPort'),
    metricsPort: read('metricsPort'),
    bindAddress: read('bindAddress'),
    ...readSecuritySettings(source),
    processes: read('processes'),
    taskHubs: read('taskHubs'),
    dynamicTaskHubs: read('dynamicTaskHubs'),
    logLevel: read('logLevel'),
    logFormat: read('logFormat'),
    allowAnonymous: read('allowAnonymous'),
    orchestrationLeaseSeconds: read('orchestrationLeaseSeconds'),
    activityLeaseSeconds: read('activityLeaseSeconds'),
    streamGraceSeconds: read('streamGraceSeconds'),
    maxDeliveryAttempts: read('maxDeliveryAttempts'),
    drainSeconds: read('drainSeconds'),
    historyCacheMb: read('historyCacheMb'),
    maxWorkItemMb: read('maxWorkItemMb'),
    maxPayloadMb: read('maxPayloadMb'),
    maxInstanceIdLength: read('maxInstanceIdLength'),
    ...readQuotaSettings(source),
    databasePoolSize: read('databasePoolSize'),
    otlpEndpoint: read('otlpEndpoint'),
    failpoints: read('failpoints'),
  });
}

/** The same for the commands that talk to a running server. */
export function readClientSettings(source: SettingsSource): ClientSettings {
  refuseUnknownNames(source.env);
  const port = readSetting('grpcPort', settingsTable.grpcPort, source);
  const here = { address: `localhost:${port}`, isSecure: false };
  return {
    endpoint: readSetting('endpoint', clientSettingsTable.endpoint, source) ?? here,
    hub: readSetting('hub', clientSettingsTable.hub, source),
    apiKey: readSetting('apiKey', clientSettingsTable.apiKey, source),
  };
}

/** Kubernetes injects the first two for a Service named perdura; the third configures our tests. */
const ignoredNames = /^PERDURA_(SERVICE_|PORT|TEST_)/;

function refuseUnknownNames(env: SettingsSource['env']): void {
  const known = [...settingKeys, ...clientSettingKeys].map(envName);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('PERDURA_') || known.includes(name)) continue;
    if (ignoredNames.test(name) || isOfStore(name)) continue;
    throw new StartupError(
      `the environment variable ${beginningOf(name)} is not a setting of perdura: did you mean ${nearestWord(name, known)}?`,
    );
  }
}
