import { expect, vi } from 'vitest';
import { type QuotaName } from '../../src/domain/quota.ts';
import { type TestHub } from './client.ts';
import { type TestServer } from './server.ts';

/** Null takes back what was set. */
export type QuotasToSet = Readonly<Partial<Record<QuotaName, number | null>>>;

export async function setQuotas({ client }: TestHub, quotas: QuotasToSet): Promise<void> {
  await client.call('SetTaskHubQuotas', {
    quotas: Object.entries(quotas).map(([name, value]) => ({
      name,
      value: value === null ? null : { value },
    })),
  });
}

/** Waits until the server knows that the hub uses so much of a quota. */
export async function seenUsed(
  { server }: Pick<TestServer, 'server'>,
  hub: TestHub,
  quota: QuotaName,
  used: number,
): Promise<void> {
  await vi.waitFor(
    async () => {
      const text = await (await fetch(`http://${server.metricsAddress}/metrics`)).text();
      expect(text.split('\n')).toContain(`perdura_quota_used{hub="${hub.name}",quota="${quota}"} ${used}`);
    },
    { timeout: 10_000, interval: 20 },
  );
}
