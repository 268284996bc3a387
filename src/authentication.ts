import { readFile } from 'node:fs/promises';
import { ApiKeys } from './auth/api-keys.ts';
import { Authenticator } from './auth/authenticator.ts';
import { ClientCertificates } from './auth/client-certificates.ts';
import { type GrantTable, parseGrants } from './auth/grants-file.ts';
import { Jwt } from './auth/jwt.ts';
import { type Loop } from './background/loop.ts';
import { type StoredApiKey } from './domain/store.ts';
import { StartupError } from './lib/startup-error.ts';
import { type SecuritySettings } from './security-settings.ts';
import { type Logger } from './telemetry/log.ts';

/** How long a credential that is no longer valid may still be taken. */
const REFRESH_EVERY_MS = 5_000;

export type AuthenticationSettings = Pick<
  SecuritySettings,
  'apiKeys' | 'jwtIssuer' | 'jwtAudiences' | 'grantsFile' | 'tlsClientCaFile' | 'identityPort'
>;

export interface Authentication {
  readonly authenticator: Authenticator;
  /** Notices what is no longer valid. `onRefreshed` runs each time. */
  loop(onRefreshed: () => void): Loop;
}

/** Whether callers have to say who they are. */
export function isAuthenticated({ apiKeys, ...settings }: AuthenticationSettings): boolean {
  return apiKeys || needsGrants(settings);
}

/** How this server knows callers; undefined when it takes everybody. Rejects with a `StartupError`. */
export async function openAuthentication(
  settings: AuthenticationSettings,
  readApiKeys: () => Promise<readonly StoredApiKey[]>,
  log: Logger,
): Promise<Authentication | undefined> {
  const { jwtIssuer: issuer, jwtAudiences: audiences } = settings;
  if (settings.identityPort !== undefined && !settings.apiKeys) {
    throw new StartupError('PERDURA_IDENTITY_PORT gives tokens for API keys: it needs PERDURA_API_KEYS=true');
  }
  const { tokens: grants, certificates: named } = await readGrants(settings);
  if (!isAuthenticated(settings)) return undefined;
  const onUnreachable = (error: unknown): void => {
    log.warn({ err: error, issuer }, 'the issuer of tokens can not be asked: new tokens wait for it');
  };
  const keys = settings.apiKeys ? new ApiKeys(readApiKeys) : undefined;
  const jwt = issuer === undefined ? undefined : new Jwt({ issuer, audiences, grants, onUnreachable });
  const certificates = settings.tlsClientCaFile === undefined ? undefined : new ClientCertificates(named);
  return {
    authenticator: new Authenticator(
      [keys, jwt].filter((method) => method !== undefined),
      certificates,
    ),
    loop: (onRefreshed) => ({
      name: 'refresh-credentials',
      everyMs: REFRESH_EVERY_MS,
      async once() {
        await keys?.refresh();
        onRefreshed();
        return 0;
      },
    }),
  };
}

type GrantedSettings = Pick<AuthenticationSettings, 'jwtIssuer' | 'tlsClientCaFile'>;

/** Whether there are callers whose roles stand in a file. */
function needsGrants({ jwtIssuer, tlsClientCaFile }: GrantedSettings): boolean {
  return jwtIssuer !== undefined || tlsClientCaFile !== undefined;
}

async function readGrants({ grantsFile, ...settings }: AuthenticationSettings): Promise<GrantTable> {
  if (grantsFile === undefined) {
    if (!needsGrants(settings)) return { tokens: [], certificates: [] };
    throw new StartupError(
      'PERDURA_JWT_ISSUER and PERDURA_TLS_CLIENT_CA_FILE need PERDURA_GRANTS_FILE, which gives callers their roles',
    );
  }
  let text: string;
  try {
    text = await readFile(grantsFile, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`PERDURA_GRANTS_FILE can't be read: ${reason}`);
  }
  return parseGrants(text);
}
