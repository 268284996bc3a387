import { ApiKeys } from './auth/api-keys.ts';
import { Authenticator } from './auth/authenticator.ts';
import { type Loop } from './background/loop.ts';
import { type Settings } from './config.ts';
import { type StoredApiKey } from './domain/store.ts';

/** How long a key that was revoked, or has expired, may still be taken. */
const REFRESH_EVERY_MS = 5_000;

export type AuthenticationSettings = Pick<Settings, 'apiKeys'>;

export interface Authentication {
  readonly authenticator: Authenticator;
  /** Notices what is no longer valid. `onRefreshed` runs each time. */
  loop(onRefreshed: () => void): Loop;
}

/** Whether callers have to say who they are. */
export function isAuthenticated({ apiKeys }: AuthenticationSettings): boolean {
  return apiKeys;
}

/** How this server knows callers; undefined when it takes everybody. */
export function openAuthentication(
  settings: AuthenticationSettings,
  readApiKeys: () => Promise<readonly StoredApiKey[]>,
): Authentication | undefined {
  if (!isAuthenticated(settings)) return undefined;
  const keys = new ApiKeys(readApiKeys);
  return {
    authenticator: new Authenticator([keys]),
    loop: (onRefreshed) => ({
      name: 'refresh-credentials',
      everyMs: REFRESH_EVERY_MS,
      async once() {
        await keys.refresh();
        onRefreshed();
        return 0;
      },
    }),
  };
}
