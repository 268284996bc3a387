import { setTimeout as pause } from 'node:timers/promises';
import { type Planned } from './load.ts';
import { expect, test, until } from './replicas.ts';

/** What the others take, and what kills does not. */
const WORK_MS = 300;
const healthy = ['a', 'b', 'c'];

test.for<[what: string, planned: Pick<Planned, 'name' | 'input'>, item: string]>([
  ['an activity', { name: 'Deadly', input: '' }, 'task 1'],
  ['a turn', { name: 'Die', input: '' }, 'turn'],
])(
  '%s that kills whoever takes it leaves alone what shares its worker',
  async ([, deadly, item], { replica, worker, at }) => {
    const server = await replica({ maxDeliveryAttempts: 10, streamGraceSeconds: 1 });
    const orders = at(server);
    await orders.client.call('StartInstance', { instanceId: 'deadly', name: deadly.name });
    for (const instanceId of healthy) {
      await orders.client.call('StartInstance', { instanceId, name: 'Chain', input: { value: '1' } });
    }
    worker({ from: server, before: (id) => (id.endsWith(item) ? pause(WORK_MS) : undefined) });
    const ended = async (): Promise<boolean> => {
      const states = await Promise.all(healthy.map((id) => orders.get(id)));
      return states.every((state) => state.output?.value === '1');
    };
    await until(ended, 'the end of everything else', 55_000);
    expect((await orders.get('deadly')).orchestrationStatus).not.toBe('ORCHESTRATION_STATUS_COMPLETED');
  },
);
