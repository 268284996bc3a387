import {
  type OrchestrationContext,
  OrchestrationStatus,
  VersionFailureStrategy,
  VersionMatchStrategy,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { output, useServer, wait } from './hub.ts';

const server = useServer();

const version = (context: OrchestrationContext) => context.version;

/** A worker of one version that asks the server for that version only. */
function strict(of: string) {
  return {
    workItemFilters: 'auto' as const,
    versioning: { version: of, matchStrategy: VersionMatchStrategy.Strict },
  };
}

test('an orchestration sees the version it was started with', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { version } });

  const [versioned, plain] = await Promise.all([
    hub.run('version', undefined, { version: '2.1.0' }),
    hub.run('version'),
  ]);

  expect(output(versioned)).toBe('2.1.0');
  expect(output(plain)).toBe('');
});

test('a child has the version that its parent named, never the own one of the parent', async () => {
  const hub = server.hub();
  async function* parent(context: OrchestrationContext) {
    const named: unknown = yield* wait(
      context.callSubOrchestrator('version', undefined, { version: '7.0.0' }),
    );
    const unnamed: unknown = yield* wait(context.callSubOrchestrator('version'));
    return [context.version, named, unnamed];
  }
  await hub.work({ orchestrators: { parent, version } });

  expect(output(await hub.run('parent', undefined, { version: '3.0.0' }))).toEqual(['3.0.0', '7.0.0', '']);
});

test('an orchestration branches on its version', async () => {
  const hub = server.hub();
  const branch = (context: OrchestrationContext) =>
    context.compareVersionTo('2.0.0') >= 0 ? 'new way' : 'old way';
  await hub.work({ orchestrators: { branch } });

  expect(output(await hub.run('branch', undefined, { version: '1.9.0' }))).toBe('old way');
  expect(output(await hub.run('branch', undefined, { version: '2.0.0' }))).toBe('new way');
});

test('an orchestration that no filter names stays pending until a worker names it', async () => {
  const hub = server.hub();
  const filters = (name: string) => ({ workItemFilters: { orchestrations: [{ name }] } });
  await hub.work({
    orchestrators: { known: () => 'known', unknown: () => 'wrong worker' },
    options: filters('known'),
  });

  const id = await hub.start('unknown');
  expect(output(await hub.run('known'))).toBe('known');
  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
  await hub.work({ orchestrators: { unknown: () => 'right worker' }, options: filters('unknown') });

  expect(output(await hub.end(id))).toBe('right worker');
});

test('strict filters keep an orchestration pending until a worker of its version comes', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { version: () => 'worker 1' }, options: strict('1.0.0') });

  const second = await hub.start('version', undefined, { version: '2.0.0' });
  const unversioned = await hub.start('version');
  expect(output(await hub.run('version', undefined, { version: '1.0.0' }))).toBe('worker 1');
  expect((await hub.state(second)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
  await hub.work({ orchestrators: { version: () => 'worker 2' }, options: strict('2.0.0') });

  expect(output(await hub.end(second))).toBe('worker 2');
  expect((await hub.state(unversioned)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
});

test('a filter on the empty version takes unversioned orchestrations only', async () => {
  const hub = server.hub();
  const workItemFilters = { orchestrations: [{ name: 'version', versions: [''] }] };
  await hub.work({ orchestrators: { version }, options: { workItemFilters } });

  const id = await hub.start('version', undefined, { version: '1.0.0' });
  expect(output(await hub.run('version'))).toBe('');

  expect((await hub.state(id)).runtimeStatus).toBe(OrchestrationStatus.PENDING);
});

test('an activity without a version is matched by the version of its orchestration', async () => {
  const hub = server.hub();
  async function* calls(context: OrchestrationContext) {
    return yield* wait(context.callActivity('serve'));
  }
  const workItemFilters = {
    orchestrations: [{ name: 'calls', versions: ['3.0.0'] }],
    activities: [{ name: 'serve', versions: ['3.0.0'] }],
  };
  await hub.work({
    orchestrators: { calls },
    activities: { serve: () => 'served' },
    options: { workItemFilters },
  });

  expect(output(await hub.run('calls', undefined, { version: '3.0.0' }))).toBe('served');
});

test('orchestrations and activities can live on different workers', async () => {
  const hub = server.hub();
  async function* calls(context: OrchestrationContext) {
    return yield* wait(context.callActivity('serve'));
  }
  const wrong = () => 'wrong worker';
  await hub.work({
    orchestrators: { calls },
    activities: { serve: wrong },
    options: { workItemFilters: { orchestrations: [{ name: 'calls' }] } },
  });
  await hub.work({
    orchestrators: { calls: wrong },
    activities: { serve: () => 'right worker' },
    options: { workItemFilters: { activities: [{ name: 'serve' }] } },
  });

  const states = await Promise.all(Array.from({ length: 10 }, () => hub.run('calls')));

  expect(new Set(states.map(output))).toEqual(new Set(['right worker']));
});

test('work that a worker of another version rejects goes to the one that takes it', async () => {
  const hub = server.hub();
  const rejecting = (of: string) => ({
    versioning: {
      version: of,
      matchStrategy: VersionMatchStrategy.Strict,
      failureStrategy: VersionFailureStrategy.Reject,
    },
  });
  await hub.work({ orchestrators: { version: () => 'worker 1' }, options: rejecting('1.0.0') });
  await hub.work({ orchestrators: { version: () => 'worker 2' }, options: rejecting('2.0.0') });

  const versions = ['1.0.0', '2.0.0', '1.0.0', '2.0.0'];
  const states = await Promise.all(versions.map((of) => hub.run('version', undefined, { version: of })));

  expect(states.map(output)).toEqual(['worker 1', 'worker 2', 'worker 1', 'worker 2']);
});

test('a worker that fails foreign versions ends the orchestration with the mismatch', async () => {
  const hub = server.hub();
  const versioning = {
    version: '1.0.0',
    matchStrategy: VersionMatchStrategy.Strict,
    failureStrategy: VersionFailureStrategy.Fail,
  };
  await hub.work({ orchestrators: { version }, options: { versioning } });

  const state = await hub.run('version', undefined, { version: '2.0.0' });

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.errorType).toBe('VersionMismatch');
  expect(state.failureDetails?.message).toContain('2.0.0');
});
