import { expect, test, vi } from 'vitest';
import { codec } from '../protocol/codec.ts';
import { activityWorkItem } from '../protocol/framing.ts';
import { Processes } from './processes.ts';

const item = activityWorkItem(
  codec.encode('ActivityRequest', { orchestrationInstance: { instanceId: 'one' }, taskId: 1 }),
  'token',
).toString('base64');

const batch = Buffer.from(
  codec.encode('WorkItem', {
    entityRequestV2: {
      instanceId: '@one@1',
      operationRequests: [{ entityOperationSignaled: { operation: 'add' } }],
    },
    completionToken: 'token',
  }),
).toString('base64');

test(
  'the worker answers what the ceiling sends, and both end with their owner',
  { timeout: 20_000 },
  async () => {
    const pids: number[] = [];
    {
      await using processes = new Processes();
      const [loop, worker] = [processes.ceilingServer(), processes.loadWorker()];
      pids.push(loop.pid, worker.pid);
      await loop.ask('load', { recorded: [item], recordedBatch: batch });
      const { address } = await loop.ask('listen', undefined);
      await worker.ask('connect', { address, streams: 2, slots: 1 });
      await loop.ask('start', { concurrency: 3 });
      await vi.waitFor(async () => {
        expect((await worker.ask('counters', undefined)).items).toBeGreaterThan(100);
      }, 10_000);
      await loop.ask('stop', undefined);
      await loop.ask('followSignals', { isOn: true });
      await worker.ask('startLoad', { kind: 'signalsToMany', concurrency: 3 });
      await vi.waitFor(async () => {
        expect((await worker.ask('counters', undefined)).operations).toBeGreaterThan(100);
      }, 10_000);
    }
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  },
);

test('a process that ends by itself fails the run', { timeout: 20_000 }, async () => {
  await using processes = new Processes();
  process.kill(processes.loadWorker().pid, 'SIGKILL');
  await expect(processes.failure).rejects.toThrow('the load worker ended by itself (SIGKILL)');
});
