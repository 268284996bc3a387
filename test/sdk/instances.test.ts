import { status as GrpcStatus } from '@grpc/grpc-js';
import { type OrchestrationContext, OrchestrationStatus } from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { Counter, event, output, useServer } from './hub.ts';

const server = useServer();

async function* waitForOne(context: OrchestrationContext) {
  return yield* event(context, 'go');
}

test('the id of a running instance is refused and the instance goes on', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });
  const id = await hub.start('waitForOne', undefined, { instanceId: 'singleton' });

  await expect(hub.start('waitForOne', undefined, { instanceId: id })).rejects.toMatchObject({
    code: GrpcStatus.ALREADY_EXISTS,
  });
  await hub.client.raiseOrchestrationEvent(id, 'go', 'unharmed');

  expect(output(await hub.end(id))).toBe('unharmed');
});

test('of many concurrent starts with one id exactly one wins', async () => {
  const hub = server.hub();
  const options = { instanceId: 'contended' };
  const starts = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => hub.start('waitForOne', i, options)),
  );

  expect(starts.filter((start) => start.status === 'fulfilled')).toHaveLength(1);
  const winner = starts.findIndex((start) => start.status === 'fulfilled');
  expect((await hub.state('contended')).serializedInput).toBe(String(winner));
});

test('the id of a finished instance begins a new life', async () => {
  const hub = server.hub();
  const fails = () => {
    throw new Error('first life');
  };
  await hub.work({ orchestrators: { fails, lives: (_: OrchestrationContext, input: string) => input } });
  const options = { instanceId: 'phoenix' };

  const first = await hub.run('fails', 'one', { ...options, tags: { life: '1' } });
  const second = await hub.run('lives', 'two', options);

  expect(first.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(second).toMatchObject({
    name: 'lives',
    runtimeStatus: OrchestrationStatus.COMPLETED,
    serializedInput: '"two"',
    serializedOutput: '"two"',
  });
  expect(second.failureDetails).toBeUndefined();
  expect(second.tags ?? {}).toEqual({});
  expect(second.createdAt.getTime()).toBeGreaterThanOrEqual(first.lastUpdatedAt.getTime());
});

test('an id of 100 characters is accepted, a longer one refused with the reason', async () => {
  const hub = server.hub();
  const longest = 'x'.repeat(100);

  expect(await hub.start('waitForOne', undefined, { instanceId: longest })).toBe(longest);
  await expect(hub.start('waitForOne', undefined, { instanceId: `${longest}x` })).rejects.toMatchObject({
    code: GrpcStatus.INVALID_ARGUMENT,
    details: expect.stringMatching(/length/i) as string,
  });
});

test('ids may hold every printable character', async () => {
  const hub = server.hub();
  const instanceId = 'order/42 #7 "A"&b=c?d:[e]{f}%20;--\\~';
  await hub.work({ orchestrators: { whoAmI: (context: OrchestrationContext) => context.instanceId } });

  expect(output(await hub.run('whoAmI', undefined, { instanceId }))).toBe(instanceId);
});

test('an id that nobody uses is unknown', async () => {
  const hub = server.hub();

  expect(await hub.client.getOrchestrationState('nobody')).toBeUndefined();
  await hub.client.suspendOrchestration('nobody');
  await hub.client.resumeOrchestration('nobody');
  expect(await hub.client.getOrchestrationState('nobody')).toBeUndefined();
});

test('a wait that begins before its instance exists ends with it', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { greet: () => 'hello' } });

  const waiting = hub.end('awaited');
  await hub.start('greet', undefined, { instanceId: 'awaited' });

  expect(output(await waiting)).toBe('hello');
});

test('any number of clients may wait for one instance', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { waitForOne } });
  const id = await hub.start('waitForOne');

  const waiting = Array.from({ length: 50 }, () => hub.end(id));
  await hub.client.raiseOrchestrationEvent(id, 'go', 'all');

  expect((await Promise.all(waiting)).map(output)).toEqual(Array.from({ length: 50 }, () => 'all'));
});

test('two hubs share neither instances nor work nor events', async () => {
  const [left, right] = [server.hub(), server.hub()];
  const ran = new Counter();
  async function* named(context: OrchestrationContext, side: string) {
    return [side, yield* event(context, 'go')];
  }
  const counted = (context: OrchestrationContext, side: string) => {
    ran.arrive();
    return named(context, side);
  };
  await left.work({ orchestrators: { named } });
  const options = { instanceId: 'twin' };
  await left.start('named', 'left', options);
  await right.start('named', 'right', options);

  await left.client.raiseOrchestrationEvent('twin', 'go', 'for the left');
  expect(output(await left.end('twin'))).toEqual(['left', 'for the left']);
  expect((await right.state('twin')).runtimeStatus).toBe(OrchestrationStatus.PENDING);

  await right.work({ orchestrators: { named: counted } });
  await right.hasStatus('twin', OrchestrationStatus.RUNNING);
  await right.client.raiseOrchestrationEvent('twin', 'go', 'for the right');
  expect(output(await right.end('twin'))).toEqual(['right', 'for the right']);
  expect(ran.count).toBeGreaterThan(0);
});
