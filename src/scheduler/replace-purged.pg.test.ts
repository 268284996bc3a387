import { expect, startOrder, test, until } from '../../test/helpers/engine.ts';
import { instanceId } from '../domain/ids.ts';
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

// The holder of the id was terminated, and is gone before the start looks again: nothing is in its way.
test('a start that replaces a holder which somebody else purges or replaces meanwhile does not wait for it', async ({
  run,
}) => {
  const engine = await run();
  const { hub } = engine;
  const id = instanceId('x');
  engine.worker();
  await startOrder(hub, { instanceId: id });
  const look = async () => (await hub.store.readInstances([{ hubId: hub.hubId, id }], false))[0];
  const purge = async (): Promise<void> => {
    await until(async () => (await look())?.status === 'terminated', 'the termination');
    const request = codec.decode(
      'PurgeInstancesRequest',
      codec.encode('PurgeInstancesRequest', { instanceId: id }),
    );
    expect((await purgeInstances(hub, request, new AbortController().signal)).count).toBe(1);
  };
  const everything = ['PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETED', 'FAILED', 'TERMINATED'].map(
    (name) => `ORCHESTRATION_STATUS_${name}` as 'ORCHESTRATION_STATUS_PENDING',
  );
  const began = performance.now();
  await startOrder(withAfterTermination(hub, purge), {
    ...{ instanceId: id, name: 'Next', orchestrationIdReusePolicy: { replaceableStatus: everything } },
  });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect((await look())?.name).toBe('Next');
});
