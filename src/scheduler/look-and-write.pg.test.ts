import { describe } from 'vitest';
import {
  answer,
  answerActivity,
  type MemoryWorker,
  expect,
  type RunningEngine,
  type SentTurn,
  startOrder,
  test,
  until,
} from '../../test/helpers/engine.ts';
import {
  complete,
  createChild,
  fail,
  scheduleTask,
  type Action,
} from '../../test/helpers/scripted-worker.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type HubContext } from './context.ts';
import { purgeInstances } from './purge-instances.ts';
import { restartInstance } from './restart-instance.ts';
import { rewindInstance } from './rewind-instance.ts';

// Some calls look at instances and then write. These tests make something happen between the two.

/** The same hub, where every commit is preceded by this. */
function withBefore(hub: HubContext, before: () => Promise<unknown>): HubContext {
  const store = new Proxy(hub.store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'commit' && name !== 'purge') return value.bind(target) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        await before();
        return value.apply(target, args) as unknown;
      };
    },
  });
  return { ...hub, store };
}

/** Runs `work` the first time only. */
function once(work: () => Promise<unknown>): () => Promise<unknown> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    isDone = true;
    await work();
  };
}

function rewind(hub: HubContext, id: string): Promise<void> {
  const bytes = codec.encode('RewindInstanceRequest', { instanceId: id });
  return rewindInstance(hub, codec.decode('RewindInstanceRequest', bytes));
}

function restart(hub: HubContext, id: string): Promise<string> {
  const bytes = codec.encode('RestartInstanceRequest', { instanceId: id });
  return restartInstance(hub, codec.decode('RestartInstanceRequest', bytes));
}

async function purge(hub: HubContext, request: MessageInput<'PurgeInstancesRequest'>): Promise<number> {
  const bytes = codec.encode('PurgeInstancesRequest', request);
  const signal = new AbortController().signal;
  return (await purgeInstances(hub, codec.decode('PurgeInstancesRequest', bytes), signal)).count;
}

async function look({ store, hubId }: HubContext, id: string): Promise<InstanceSnapshot | undefined> {
  return (await store.readInstances([{ hubId, id: instanceId(id) }], true))[0];
}

const broken = { errorType: 'E', errorMessage: 'broken' };

/** A worker that plays the turns of instances by their ids. */
class Player {
  readonly #hub: HubContext;
  readonly #worker: MemoryWorker;
  #taken = 0;

  constructor(engine: RunningEngine) {
    this.#hub = engine.hub;
    this.#worker = engine.worker();
  }

  /** The next turn, which must be that instance's. */
  async turn(id: string): Promise<SentTurn> {
    const turn = await this.#worker.turn(this.#taken++);
    expect(turn.request.instanceId).toBe(id);
    return turn;
  }

  async play(id: string, actions: readonly Action[]): Promise<SentTurn> {
    const turn = await this.turn(id);
    await answer(this.#hub, turn, actions);
    return turn;
  }

  get waiting(): number {
    return this.#worker.turns.length - this.#taken;
  }
}

/** A parent that failed at once, and its child, whose turn is out. */
async function failedParent(engine: RunningEngine): Promise<{ player: Player; child: SentTurn }> {
  const player = new Player(engine);
  await startOrder(engine.hub, { instanceId: 'p' });
  await player.play('p', [createChild(1, { instanceId: 'c' }), fail(broken)]);
  return { player, child: await player.turn('c') };
}

describe('between look and write of a rewind', () => {
  test.for([
    ['completes', complete('"late"'), 'subOrchestrationInstanceCompleted'],
    [
      'is terminated by itself',
      complete('"late"', { orchestrationStatus: 'ORCHESTRATION_STATUS_TERMINATED' }),
      'subOrchestrationInstanceFailed',
    ],
  ] as const)('a child that runs %s: its parent is told', async ([, ending, type], { run }) => {
    const engine = await run();
    const { hub } = engine;
    const { player, child } = await failedParent(engine);
    await rewind(
      withBefore(
        hub,
        once(() => answer(hub, child, [ending])),
      ),
      'p',
    );
    const { news } = await player.turn('p');
    if (!news.includes(type)) {
      await until(() => player.waiting > 0, 'another turn of the parent, with the result of its child');
    }
  });

  test('a child that runs fails: it is rewound as well, or its parent is told', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const { player, child } = await failedParent(engine);
    await rewind(
      withBefore(
        hub,
        once(() => answer(hub, child, [fail(broken)])),
      ),
      'p',
    );
    const status = (await look(hub, 'c'))?.status;
    if (status === 'running') return;
    const parent = await player.turn('p');
    expect(parent.news.includes('subOrchestrationInstanceFailed')).toBe(true);
  });

  test('a child that failed is rewound by somebody else: its parent waits for it', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const { player, child } = await failedParent(engine);
    await answer(hub, child, [fail(broken)]);
    await rewind(
      withBefore(
        hub,
        once(() => rewind(hub, 'c')),
      ),
      'p',
    );
    const first = await player.turn('c');
    await player.play('p', []);
    await answer(hub, first, [complete('"at last"')]);
    expect((await player.turn('p')).news).toEqual([
      'orchestratorStarted',
      'subOrchestrationInstanceCompleted',
    ]);
    expect((await look(hub, 'c'))?.status).toBe('completed');
  });

  test('a failed child is purged: it is made again', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const { player, child } = await failedParent(engine);
    await answer(hub, child, [fail(broken)]);
    await rewind(
      withBefore(
        hub,
        once(() => purge(hub, { instanceId: 'c' })),
      ),
      'p',
    );
    await until(() => player.waiting === 2, 'two turns');
    expect((await look(hub, 'c'))?.turn).toBe(0);
    expect(await look(hub, 'p')).toMatchObject({ status: 'running', isRewound: true });
  });

  test('the id of a purged child is taken: the parent is told', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const { player, child } = await failedParent(engine);
    await answer(hub, child, [fail(broken)]);
    await purge(hub, { instanceId: 'c' });
    await rewind(
      withBefore(
        hub,
        once(() => startOrder(hub, { instanceId: 'c' })),
      ),
      'p',
    );
    await player.turn('c');
    const told = await player.turn('p');
    expect(told.news).toEqual(['orchestratorStarted', 'subOrchestrationInstanceFailed']);
  });

  test('somebody else rewinds it: one of both is refused, and it runs once', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [fail(broken)]);
    const late = rewind(
      withBefore(
        hub,
        once(() => rewind(hub, 'p')),
      ),
      'p',
    );
    await expect(late).rejects.toMatchObject({ code: 'failed_precondition' });
    await player.play('p', [complete('1')]);
    expect(await look(hub, 'p')).toMatchObject({ status: 'completed', turn: 3 });
    expect(player.waiting).toBe(0);
  });

  test.for([
    ['purged', 'not_found', (hub: HubContext) => purge(hub, { instanceId: 'p' })],
    ['restarted', 'failed_precondition', (hub: HubContext) => restart(hub, 'p')],
    ['replaced', 'failed_precondition', (hub: HubContext) => startOrder(hub, { instanceId: 'p' })],
  ] as const)('it is %s: that counts, and the rewind is refused as %s', async ([, code, act], { run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [fail(broken)]);
    await expect(
      rewind(
        withBefore(
          hub,
          once(() => act(hub)),
        ),
        'p',
      ),
    ).rejects.toMatchObject({ code });
    const now = await look(hub, 'p');
    expect(now?.isRewound ?? false).toBe(false);
  });

  test('an activity is answered while nobody listens: it runs again', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const worker = engine.worker();
    await startOrder(hub, { instanceId: 'p' });
    await answer(hub, await worker.turn(), [scheduleTask(1, 'A'), fail(broken)]);
    const first = await worker.activity();
    await rewind(
      withBefore(
        hub,
        once(() => answerActivity(hub, first)),
      ),
      'p',
    );
    await answer(hub, await worker.turn(1), []);
    await answerActivity(hub, await worker.activity(1));
    expect((await worker.turn(2)).news).toEqual(['orchestratorStarted', 'taskCompleted']);
  });

  test('it changes again and again: the caller is told to try again', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [fail(broken)]);
    const again = async (): Promise<void> => {
      await rewind(hub, 'p');
      await player.play('p', [fail(broken)]);
    };
    await expect(rewind(withBefore(hub, again), 'p')).rejects.toMatchObject({ code: 'aborted' });
    expect(await look(hub, 'p')).toMatchObject({ status: 'failed', turn: 11 });
  });
});

describe('between look and write of a restart', () => {
  test('somebody else restarts it: one is refused, and it runs once', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [complete('1')]);
    await expect(
      restart(
        withBefore(
          hub,
          once(() => restart(hub, 'p')),
        ),
        'p',
      ),
    ).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await player.play('p', [complete('2')]);
    expect(await look(hub, 'p')).toMatchObject({ status: 'completed', output: '2', turn: 1 });
    expect(player.waiting).toBe(0);
  });

  test('it is rewound: it goes on, and the restart is refused', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [scheduleTask(1, 'A'), fail(broken)]);
    await expect(
      restart(
        withBefore(
          hub,
          once(() => rewind(hub, 'p')),
        ),
        'p',
      ),
    ).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await player.play('p', [complete('1')]);
    expect(await look(hub, 'p')).toMatchObject({ status: 'completed', isRewound: true });
  });
});

describe('between look and write of a purge', () => {
  test.for([
    ['restarted', (hub: HubContext) => restart(hub, 'p')],
    ['replaced', (hub: HubContext) => startOrder(hub, { instanceId: 'p' })],
    ['rewound', (hub: HubContext) => rewind(hub, 'p')],
  ] as const)('it is %s: whatever has the id now stays, and nothing is counted', async ([, act], { run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [fail(broken)]);
    const before = once(() => act(hub));
    expect(await purge(withBefore(hub, before), { instanceId: 'p', recursive: true })).toBe(0);
    await player.play('p', [complete('1')]);
    expect(await look(hub, 'p')).toMatchObject({ status: 'completed', output: '1' });
  });

  test('a child is created: it is not found by the purge and goes on', async ({ run }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [createChild(1, { instanceId: 'c' }), complete('1')]);
    const child = await player.turn('c');
    const before = once(() => answer(hub, child, [createChild(1, { instanceId: 'g' })]));
    expect(await purge(withBefore(hub, before), { instanceId: 'p', recursive: true })).toBe(1);
    await player.play('g', [complete('1')]);
    await player.play('c', [complete('2')]);
    await until(async () => (await look(hub, 'c'))?.status === 'completed', 'the end of the child');
    expect(await purge(hub, { instanceId: 'c', recursive: true })).toBe(2);
    expect([await look(hub, 'c'), await look(hub, 'g')]).toEqual([undefined, undefined]);
  });

  test('a descendant finishes: what is found with it goes, and what is left can be purged by itself', async ({
    run,
  }) => {
    const engine = await run();
    const { hub } = engine;
    const player = new Player(engine);
    await startOrder(hub, { instanceId: 'p' });
    await player.play('p', [createChild(1, { instanceId: 'c' }), complete('1')]);
    const child = await player.turn('c');
    const before = once(() => answer(hub, child, [complete('1')]));
    const first = await purge(withBefore(hub, before), { instanceId: 'p', recursive: true });
    const rest = await purge(hub, { purgeInstanceFilter: {}, recursive: true });
    expect(first + rest).toBe(2);
    expect(await look(hub, 'c')).toBeUndefined();
  });
});
