import { expect, hubContext, startOrder, test, until } from '../../test/helpers/engine.ts';
import { makeHub } from '../../test/helpers/store.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { codec } from '../protocol/codec.ts';
import { type HubContext } from './context.ts';
import { purgeInstances } from './purge-instances.ts';

/** The same hub, where something is done after the second commit: the termination of the holder. */
function withAfterTermination(hub: HubContext, after: () => Promise<unknown>): HubContext {
  let commits = 0;
  const store = new Proxy(hub.store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'commit') return value.bind(target) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        const result: unknown = await value.apply(target, args);
        commits++;
        if (commits === 2) await after();
        return result;
      };
    },
  });
  return { ...hub, store };
}

const id = instanceId('x');
const everything = ['PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETED', 'FAILED', 'TERMINATED'].map(
  (name) => `ORCHESTRATION_STATUS_${name}` as 'ORCHESTRATION_STATUS_PENDING',
);
const next = { instanceId: id, name: 'Next', orchestrationIdReusePolicy: { replaceableStatus: everything } };

async function look({ store, hubId }: HubContext): Promise<InstanceSnapshot | undefined> {
  return (await store.readInstances([{ hubId, id }], false))[0];
}

async function untilTerminated(hub: HubContext): Promise<void> {
  await until(async () => (await look(hub))?.status === 'terminated', 'the termination');
}

// The holder of the id was terminated, and is gone before the start looks again: nothing is in its way.
test('a start that replaces a holder which somebody else purges or replaces meanwhile does not wait for it', async ({
  run,
}) => {
  const engine = await run();
  const { hub } = engine;
  engine.worker();
  await startOrder(hub, { instanceId: id });
  const purge = async (): Promise<void> => {
    await untilTerminated(hub);
    const request = codec.decode(
      'PurgeInstancesRequest',
      codec.encode('PurgeInstancesRequest', { instanceId: id }),
    );
    expect((await purgeInstances(hub, request, new AbortController().signal)).count).toBe(1);
  };
  const began = performance.now();
  await startOrder(withAfterTermination(hub, purge), next);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect((await look(hub))?.name).toBe('Next');
});

test('a start that replaces a holder whose task hub is deleted and made anew meanwhile is for the new one', async ({
  run,
}) => {
  const engine = await run();
  const { hub } = engine;
  engine.worker();
  await startOrder(hub, { instanceId: id });
  let current = hub;
  const recreate = async (): Promise<void> => {
    await untilTerminated(hub);
    await hub.store.deleteHub('default');
    current = hubContext(hub, await makeHub(hub.store, 'default'));
  };
  const context = withAfterTermination(hub, recreate);
  await startOrder({ ...context, current: () => Promise.resolve(current) }, next);
  expect(await look(hub)).toBeUndefined();
  expect((await look(current))?.name).toBe('Next');
});
