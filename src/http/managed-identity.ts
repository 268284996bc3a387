// A managed identity without a cloud: SDKs that are told `Authentication=ManagedIdentity` ask IDENTITY_ENDPOINT for a token, by
// the protocol of Azure App Service, and show IDENTITY_HEADER there. Here that is an API key, and the token that they get is
// the same key: whoever has it may call as it is, so another token would add a secret that all replicas had to share, and
// that could sign for everybody, and it would outlive the key.
import { type IncomingMessage } from 'node:http';
import { type Authenticator } from '../auth/authenticator.ts';
import { SchedulerError } from '../domain/errors.ts';
import { type TlsSource } from '../lib/tls-source.ts';
import { type HttpListener, listenHttp } from '../telemetry/listen-http.ts';

export interface IdentityOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: TlsSource | undefined;
  readonly authenticator: Pick<Authenticator, 'find'>;
  /** Whom tokens are for. The variables are those of a whole process: for another resource a key must not go out. */
  readonly audiences: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** SDKs ask again before that; it ends sooner when the key does. */
const LIFETIME_SECONDS = 3_600;

/** Listens for SDKs that ask for the token of a managed identity. */
export function startIdentityServer(options: IdentityOptions): Promise<HttpListener> {
  const { host, port, tls } = options;
  const what = { name: 'managed identity', variable: 'PERDURA_IDENTITY_PORT' };
  return listenHttp({ host, port, tls, what }, (request, response) => {
    answer(request, options).then(
      ({ status, body }) => {
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
        response.writeHead(status, headers).end(JSON.stringify(body));
      },
      () => response.writeHead(500).end(),
    );
  });
}

async function answer(request: IncomingMessage, options: IdentityOptions): Promise<Answer> {
  const url = URL.parse(request.url ?? '', 'http://localhost');
  if (request.method !== 'GET' || url?.pathname !== '/msi/token') {
    return refusal(404, 'not found: GET /msi/token is here');
  }
  const resource = url.searchParams.get('resource') ?? '';
  if (!options.audiences.includes(resource)) {
    return refusal(400, `tokens are for ${options.audiences.join(', ')} only (resource)`);
  }
  const key = String(request.headers['x-identity-header'] ?? '');
  const refused = await refusalOf(key, options);
  if (refused) return refused;
  const expiresOn = String(Math.floor(Date.now() / 1000) + LIFETIME_SECONDS);
  const body = { access_token: key, token_type: 'Bearer', resource, expires_on: expiresOn };
  return { status: 200, body };
}

async function refusalOf(
  key: string,
  { authenticator }: Pick<IdentityOptions, 'authenticator'>,
): Promise<Answer | undefined> {
  try {
    await authenticator.find(`Bearer ${key}`);
    return undefined;
  } catch (error) {
    if (error instanceof SchedulerError && error.code === 'unauthenticated') {
      return refusal(401, 'X-IDENTITY-HEADER (the variable IDENTITY_HEADER) is not a valid API key');
    }
    return refusal(503, 'keys can not be read now; try again');
  }
}

function refusal(status: number, message: string): Answer {
  return { status, body: { error: status === 503 ? 'temporarily_unavailable' : 'invalid_request', message } };
}
