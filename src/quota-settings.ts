// Quotas of task hubs that have none of their own.

import { type QuotaName, type Quotas } from './domain/quota.ts';
import { type Kind, size, whole } from './setting-kinds.ts';
import { readSetting, type Setting, type SettingsSource } from './read-setting.ts';

export interface QuotaSettings {
  readonly quotaInstances: number | undefined;
  readonly quotaBytes: number | undefined;
  readonly quotaActionsPerSecond: number | undefined;
  readonly quotaPayloadBytes: number | undefined;
  readonly quotaPending: number | undefined;
}

const MOST = 1e15;

/** How the value of each is written, in settings and at `perdura hub quota`. */
export const quotaKinds: Readonly<Record<QuotaName, Kind<number>>> = {
  instances: whole(1, MOST - 1),
  bytes: size,
  'actions-per-second': whole(1, 1_000_000),
  'payload-bytes': size,
  pending: whole(1, MOST - 1),
};

function unlimited(quota: QuotaName, sentence: string): Setting<number | undefined> {
  return { ...quotaKinds[quota], fallback: undefined, shown: 'unset: no limit', sentence };
}

export const quotaSettingsTable: { readonly [K in keyof QuotaSettings]: Setting<QuotaSettings[K]> } = {
  quotaInstances: unlimited(
    'instances',
    'Stored instances and entities of each task hub that has no quota of its own.',
  ),
  quotaBytes: unlimited('bytes', 'The same for bytes of payloads and histories, like 10GiB.'),
  quotaActionsPerSecond: unlimited(
    'actions-per-second',
    'The same for actions per second, at all replicas together.',
  ),
  quotaPayloadBytes: unlimited(
    'payload-bytes',
    'The same for one input, event or signal of a client, like 64KiB.',
  ),
  quotaPending: unlimited('pending', 'The same for work items that no replica has taken.'),
};

export function readQuotaSettings(source: SettingsSource): QuotaSettings {
  const read = <K extends keyof QuotaSettings>(key: K): QuotaSettings[K] =>
    readSetting(key, quotaSettingsTable[key], source);
  return {
    quotaInstances: read('quotaInstances'),
    quotaBytes: read('quotaBytes'),
    quotaActionsPerSecond: read('quotaActionsPerSecond'),
    quotaPayloadBytes: read('quotaPayloadBytes'),
    quotaPending: read('quotaPending'),
  };
}

/** As the engines want them. */
export function defaultQuotas(settings: QuotaSettings): Quotas {
  const all = {
    instances: settings.quotaInstances,
    bytes: settings.quotaBytes,
    'actions-per-second': settings.quotaActionsPerSecond,
    'payload-bytes': settings.quotaPayloadBytes,
    pending: settings.quotaPending,
  };
  return Object.fromEntries(Object.entries(all).filter(([, limit]) => limit !== undefined));
}
