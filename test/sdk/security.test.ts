// The published package over real TLS, with each kind of credential: none, an API key and a token as a credential object that
// sends them with each call, a managed identity, and a certificate by options of the channel.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ManagedIdentityCredential } from '@azure/identity';
import { type ChannelCredentials, credentials, Metadata, status } from '@grpc/grpc-js';
import { NoOpLogger, TaskHubGrpcClient, TaskHubGrpcWorker } from '@microsoft/durabletask-js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { makeKey, revokeKey } from '../helpers/api-keys.ts';
import { Authority, type Issued } from '../helpers/certificates.ts';
import { OidcIssuer } from '../helpers/oidc-issuer.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { Traces } from '../helpers/traces.ts';
import { wait } from './hub.ts';

const authority = new Authority();
const foreign = new Authority();
const traces = new Traces();
const closing: (() => Promise<void>)[] = [];
let issuer: OidcIssuer;
let running: TestServer | undefined;
const server = (): TestServer => must(running, 'the server of this file');
/** What clients of the server trust. */
const trusted = Buffer.from(authority.ca);

beforeAll(async () => {
  issuer = await OidcIssuer.start();
  const { certFile, keyFile, key: serverKey } = authority.issue({ name: 'server' });
  traces.uses(serverKey);
  const grantsFile = join(authority.folder, 'grants.json');
  const role = { role: 'contributor', hubs: 'orders*' };
  const grants = {
    tokens: [{ claim: 'roles', value: 'orders', ...role }],
    certificates: [{ name: 'worker.orders.example', ...role }],
  };
  writeFileSync(grantsFile, JSON.stringify(grants));
  running = await startTestServer({
    ...{ tlsCertFile: certFile, tlsKeyFile: keyFile, tlsClientCaFile: authority.caFile, grantsFile },
    ...{ apiKeys: true, jwtIssuer: issuer.url, identityPort: 0 },
    ...traces.options,
  });
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await running?.close();
  await issuer.close();
  authority[Symbol.dispose]();
  foreign[Symbol.dispose]();
});

function inHub(hub: string, { endpoint }: Pick<TestServer, 'endpoint'> = server()) {
  return {
    hostAddress: endpoint.replace('127.0.0.1', 'localhost'),
    logger: new NoOpLogger(),
    metadataGenerator: (): Promise<Metadata> => {
      const metadata = new Metadata();
      metadata.set('taskhub', hub);
      return Promise.resolve(metadata);
    },
  };
}

/** A worker and a client in one task hub, each with the credentials of a channel. */
async function open(channel: ChannelCredentials, hub: string, at?: TestServer): Promise<TaskHubGrpcClient> {
  const options = { ...inHub(hub, at), credentials: channel };
  const worker = new TaskHubGrpcWorker({ ...options, shutdownTimeoutMs: 100 });
  worker.addNamedActivity('greet', (_, name) => `Hello, ${String(name)}!`);
  worker.addNamedOrchestrator('hello', async function* (context, name) {
    return yield* wait(context.callActivity<string, string>('greet', String(name)));
  });
  await worker.start();
  const client = new TaskHubGrpcClient(options);
  closing.push(
    () => worker.stop(),
    () => client.stop(),
  );
  return client;
}

/** As the SDKs for the scheduler do it: whatever the credential object gives is sent as it is. */
function bearer(token: () => Promise<string>): ChannelCredentials {
  const call = credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new Metadata();
    token().then(
      (text) => {
        metadata.set('authorization', `Bearer ${traces.uses(text)}`);
        done(null, metadata);
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
  return credentials.combineChannelCredentials(credentials.createSsl(trusted), call);
}

async function greeting(client: TaskHubGrpcClient): Promise<string | undefined> {
  try {
    const id = await client.scheduleNewOrchestration('hello', 'world');
    return (await client.waitForOrchestrationCompletion(id, true, 30))?.serializedOutput;
  } catch (error) {
    traces.told(error);
    throw error;
  }
}

/** A client's certificate and its key, for the channel. */
function shown({ cert, key }: Pick<Issued, 'cert' | 'key'>): ChannelCredentials {
  return credentials.createSsl(trusted, Buffer.from(traces.uses(key)), Buffer.from(cert));
}

test('nothing, where everybody may do everything (way A)', async () => {
  const { certFile, keyFile } = authority.issue({ name: 'server' });
  const everybodys = await startTestServer({ tlsCertFile: certFile, tlsKeyFile: keyFile });
  closing.push(() => everybodys.close());
  const client = await open(credentials.createSsl(trusted), 'orders-a', everybodys);
  expect(await greeting(client)).toBe('"Hello, world!"');
});

test('an API key as a credential object (way B), until it is revoked', async () => {
  const key = await makeKey(server().databaseUrl, 'contributor', 'orders*');
  const client = await open(
    bearer(() => Promise.resolve(key.text)),
    'orders-b',
  );
  expect(await greeting(client)).toBe('"Hello, world!"');
  await revokeKey(server().databaseUrl, key.id);
  const refused = async (): Promise<unknown> => {
    const error: unknown = await client.getOrchestrationState('any').catch((reason: unknown) => reason);
    return error instanceof Error && 'code' in error ? error.code : error;
  };
  await expect.poll(refused, { timeout: 10_000 }).toBe(status.UNAUTHENTICATED);
});

test('a managed identity, which its environment alone tells of an API key (way C)', async () => {
  const key = await makeKey(server().databaseUrl, 'contributor', 'orders*');
  setDefaultCACertificates([...getCACertificates(), authority.ca]);
  const endpoint = server().server.identityAddress.replace('127.0.0.1', 'localhost');
  vi.stubEnv('IDENTITY_ENDPOINT', `https://${endpoint}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', traces.uses(key.text));
  const identity = new ManagedIdentityCredential();
  const token = async (): Promise<string> =>
    (await identity.getToken('https://durabletask.io/.default')).token;
  expect(await greeting(await open(bearer(token), 'orders-c'))).toBe('"Hello, world!"');
  vi.unstubAllEnvs();
});

test('tokens of an OIDC issuer (way F), over a rotation of its keys and the end of a token', async () => {
  const expiresInSeconds = -28;
  const made: string[] = [];
  const client = await open(
    bearer(async () => {
      const token = await issuer.token({ roles: ['orders'] }, { expiresInSeconds });
      made.push(token);
      return token;
    }),
    'orders-f',
  );
  expect(await greeting(client)).toBe('"Hello, world!"');
  await issuer.rotate();
  // A key that nobody knows is looked for every five seconds at most.
  await expect
    .poll(() => greeting(client).catch(() => 'refused'), { timeout: 20_000 })
    .toBe('"Hello, world!"');
  expect(new Set(made).size).toBeGreaterThan(1);
  const expired = await open(
    bearer(() => issuer.token({ roles: ['orders'] }, { expiresInSeconds: -60 })),
    'orders-f',
  );
  await expect(greeting(expired)).rejects.toMatchObject({
    code: status.UNAUTHENTICATED,
    details: 'the token has expired',
  });
});

test('a certificate by options of the channel (way G), in its task hubs only', async () => {
  const channel = shown(authority.issue({ name: 'a worker', names: 'DNS:worker.orders.example' }));
  expect(await greeting(await open(channel, 'orders-g'))).toBe('"Hello, world!"');
  const elsewhere = new TaskHubGrpcClient({ ...inHub('payments'), credentials: channel });
  closing.push(() => elsewhere.stop());
  await expect(greeting(elsewhere)).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test.each([
  ['of another authority', () => foreign.issue({ name: 'worker.orders.example' })],
  ['that has expired', () => authority.issue({ name: 'worker.orders.example', days: -1 })],
])('a certificate %s is none', async (_, issue) => {
  const channel = shown(issue());
  const client = new TaskHubGrpcClient({ ...inHub('orders-g'), credentials: channel });
  closing.push(() => client.stop());
  await expect(greeting(client)).rejects.toMatchObject({
    code: status.UNAUTHENTICATED,
    details: expect.stringContaining('wants to know who calls') as unknown,
  });
});

test('without TLS nothing is answered', async () => {
  const client = new TaskHubGrpcClient({ ...inHub('orders'), credentials: credentials.createInsecure() });
  closing.push(() => client.stop());
  await expect(greeting(client)).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

// The last one: of all that the tests before have used.
test('no key, token or private key stands in the log, a metric, the audit log or an error', async () => {
  const callers = new Set(
    traces.log.audit.map(({ knownBy, whoName, who }) => [knownBy, whoName, who].join(' ')),
  );
  // Each kind of caller was written down by its name.
  expect([...callers].toSorted()).toEqual([
    'anonymous  ',
    expect.stringMatching(/^api_key contributor of orders\* [0-9a-f]{16}$/),
    expect.stringMatching(/^api_key contributor of orders\* [0-9a-f]{16}$/),
    'certificate  worker.orders.example',
    'token  somebody',
  ]);
  await traces.expectNoSecret(server());
});
