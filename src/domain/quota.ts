import { invalidArgument, SchedulerError } from './errors.ts';
import { type Bounds } from './limits.ts';

/** What a task hub may have of each: texts of refusals, flags of `perdura hub quota` and metrics use these names. */
export const quotaNames = ['instances', 'bytes', 'actions-per-second', 'payload-bytes', 'pending'] as const;
export type QuotaName = (typeof quotaNames)[number];

/** Those whose use is measured in the database every now and then. */
export const measuredQuotas = ['instances', 'bytes', 'pending'] as const;
export type MeasuredQuota = (typeof measuredQuotas)[number];

/** The limits in force; what is absent has none. */
export type Quotas = Readonly<Partial<Record<QuotaName, number>>>;

/** What is set for one task hub: `NO_LIMIT` is none, whatever the server's settings say; what is absent is as they say. */
export type OwnQuotas = Readonly<Partial<Record<QuotaName, number>>>;
export const NO_LIMIT = 0;

/** Each by name; undefined takes back what was set. */
export type QuotaChanges = ReadonlyMap<QuotaName, number | undefined>;

export interface HubQuotaRow {
  readonly hubId: number;
  readonly hub: string;
  readonly own: OwnQuotas;
}

const MOST = 1e15;

const words: Readonly<Record<QuotaName, { readonly of: string; readonly advice: string }>> = {
  instances: { of: 'stored instances', advice: 'purge some that have ended' },
  bytes: { of: 'stored bytes', advice: 'purge instances that have ended' },
  'actions-per-second': { of: 'actions per second', advice: 'repeat the call later' },
  'payload-bytes': { of: 'bytes for a payload', advice: 'send less, or where it can be found' },
  pending: { of: 'pending work items', advice: 'repeat the call when workers have caught up' },
};

function isQuotaName(name: string): name is QuotaName {
  return quotaNames.some((known) => known === name);
}

export function quotaReached(hub: string, name: QuotaName, limit: number): SchedulerError {
  const { of, advice } = words[name];
  return new SchedulerError(
    'resource_exhausted',
    `the quota '${name}' of the task hub '${hub}' is reached: ${limit} ${of}; nothing was done: ${advice}, or raise it ('perdura hub quota ${hub} --${name} …')`,
  );
}

export function quotasInForce(own: OwnQuotas, defaults: Quotas): Quotas {
  const all = { ...defaults, ...own };
  return Object.fromEntries(Object.entries(all).filter(([, limit]) => limit !== NO_LIMIT));
}

/** What the database has; names of a newer program mean nothing here. */
export function ownQuotasOf(stored: Readonly<Record<string, unknown>>): OwnQuotas {
  return Object.fromEntries(
    quotaNames.flatMap((name) => (typeof stored[name] === 'number' ? [[name, stored[name]]] : [])),
  );
}

/** Throws `invalid_argument`. A value of undefined takes back what was set. */
export function quotaChanges(
  asked: readonly { readonly name: string; readonly value: number | undefined }[],
  { payloadBytes }: Pick<Bounds, 'payloadBytes'>,
): QuotaChanges {
  const changes = new Map<QuotaName, number | undefined>();
  for (const { name, value } of asked) {
    if (!isQuotaName(name)) {
      throw invalidArgument(`there is no quota '${name.slice(0, 100)}': they are ${quotaNames.join(', ')}`);
    }
    if (value !== undefined && !(Number.isInteger(value) && value >= NO_LIMIT && value <= MOST)) {
      throw invalidArgument(`the quota '${name}' is a whole number from 1 to ${MOST}, or 0 for no limit`);
    }
    if (name === 'payload-bytes' && value !== undefined && value > payloadBytes) {
      throw invalidArgument(
        `the quota 'payload-bytes' is at most ${payloadBytes}, which no payload may exceed (PERDURA_MAX_PAYLOAD_MB)`,
      );
    }
    changes.set(name, value);
  }
  return changes;
}
