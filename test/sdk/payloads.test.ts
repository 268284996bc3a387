import {
  type ActivityContext,
  type OrchestrationContext,
  OrchestrationStatus,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, output, useServer, wait } from './hub.ts';

const server = useServer();
/** This package takes messages of any size, so the limit can be raised for its workers. */
const roomyServer = useServer({ maxWorkItemMb: 32 });
const echo = (_: ActivityContext, value: unknown) => value;

async function* throughActivity(context: OrchestrationContext, input: unknown) {
  return yield* wait(context.callActivity<unknown, unknown>('echo', input));
}

/** 1 MiB of text. */
const large = 'abcdefghijklmnop'.repeat(65_536);

/** Keeps in its history what activity and event brought, which is four times its input. */
async function* collect(context: OrchestrationContext, input: string) {
  const echoed = yield* wait(context.callActivity<string, string>('echo', input));
  const raised: unknown = yield* event(context, 'large');
  return echoed === raised && raised === input;
}

test('a payload of 1 MiB goes through input, activity and output unharmed', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { throughActivity }, activities: { echo } });

  const state = await hub.run('throughActivity', large);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  // Compared here, for a difference of this length can't be printed.
  expect(state.serializedInput === JSON.stringify(large)).toBe(true);
  expect(state.serializedOutput === JSON.stringify(large)).toBe(true);
});

test('a payload of 1 MiB goes through event and custom status unharmed', async () => {
  const hub = server.hub();
  async function* show(context: OrchestrationContext) {
    context.setCustomStatus(yield* event(context, 'large'));
    yield* event(context, 'seen');
  }
  await hub.work({ orchestrators: { show } });

  const id = await hub.start('show');
  await hub.client.raiseOrchestrationEvent(id, 'large', large);
  const shown = await hub.until(id, (state) => state.serializedCustomStatus !== undefined);
  await hub.client.raiseOrchestrationEvent(id, 'seen');
  const ended = await hub.end(id);

  expect(shown.serializedCustomStatus === JSON.stringify(large)).toBe(true);
  expect(ended.serializedCustomStatus === JSON.stringify(large)).toBe(true);
});

test('an orchestration whose history outgrows a work item fails with the limit in its text', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { collect }, activities: { echo } });

  const id = await hub.start('collect', large);
  await hub.client.raiseOrchestrationEvent(id, 'large', large);
  const state = await hub.end(id);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.FAILED);
  expect(state.failureDetails?.message).toContain('PERDURA_MAX_WORK_ITEM_MB');
});

test('where work items may be larger, a history beyond 4 MiB reaches the worker', async () => {
  const hub = roomyServer.hub();
  await hub.work({ orchestrators: { collect }, activities: { echo } });

  const id = await hub.start('collect', large);
  await hub.client.raiseOrchestrationEvent(id, 'large', large);

  expect(output(await hub.end(id))).toBe(true);
});

test.each([
  ['letters of many scripts', 'żółć · Ωμέγα · 日本語 · العربية · हिन्दी'],
  ['characters beyond the basic plane', '👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢'],
  ['quotes, backslashes and line ends', '"\\\'`\r\n\t</script>{{}}%s$1;--'],
  ['control characters and an escaped NUL', '\u0000\u0001\u001f\u007f\u2028\u2029'],
  ['values of every JSON kind', { a: [1, -0.5, 1e300, true, false, null, '', {}], '': { 'with space': [] } }],
])('%s come back as they went', async (_name, value) => {
  const hub = server.hub();
  await hub.work({ orchestrators: { throughActivity }, activities: { echo } });

  const state = await hub.run('throughActivity', value);

  expect(output(state)).toEqual(value);
  expect(state.serializedInput).toBe(JSON.stringify(value));
});

test('names of orchestrators, activities and events may hold any characters', async () => {
  const hub = server.hub();
  const [name, activity, signal] = ['Bestellung: Größe/№ 5 "x"', 'activité 🚀 #1', 'événement ✓ 100 %'];
  async function* run(context: OrchestrationContext) {
    const echoed: unknown = yield* wait(context.callActivity(activity, 'a'));
    const raised: unknown = yield* event(context, signal);
    return [echoed, raised];
  }
  await hub.work({ orchestrators: { [name]: run }, activities: { [activity]: echo } });

  const id = await hub.start(name);
  await hub.client.raiseOrchestrationEvent(id, signal, 'b');
  const state = await hub.end(id);

  expect(state.name).toBe(name);
  expect(output(state)).toEqual(['a', 'b']);
});

test('no input, null and the empty string stay three different things', async () => {
  const hub = server.hub();
  const describe = (_: OrchestrationContext, input: unknown) => [typeof input, input === null, input === ''];
  await hub.work({ orchestrators: { describe } });

  const [none, nothing, empty] = await Promise.all([
    hub.run('describe'),
    hub.run('describe', null),
    hub.run('describe', ''),
  ]);

  expect([none.serializedInput, nothing.serializedInput, empty.serializedInput]).toEqual([
    undefined,
    'null',
    '""',
  ]);
  expect(output(none)).toEqual(['undefined', false, false]);
  expect(output(nothing)).toEqual(['object', true, false]);
  expect(output(empty)).toEqual(['string', false, true]);
});

test('no output, null and the empty string stay three different things', async () => {
  const hub = server.hub();
  await hub.work({
    orchestrators: { none: () => undefined, nothing: () => null, empty: () => '' },
  });

  const states = await Promise.all([hub.run('none'), hub.run('nothing'), hub.run('empty')]);

  expect(states.map((state) => state.serializedOutput)).toEqual([undefined, 'null', '""']);
});

test('an instance asked for without payloads shows neither input nor output', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { throughActivity }, activities: { echo } });

  const { instanceId } = await hub.run('throughActivity', 'secret');
  const state = await hub.client.getOrchestrationState(instanceId, false);

  expect(state?.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(state?.serializedInput).toBeUndefined();
  expect(state?.serializedOutput).toBeUndefined();
});

test('tags come back as they were given', async () => {
  const hub = server.hub();
  await hub.work({ orchestrators: { throughActivity }, activities: { echo } });
  const tags = { team: 'billing', 'cost center': 'Ω-17 / "quoted"', empty: '' };

  const tagged = await hub.run('throughActivity', 1, { tags });
  const untagged = await hub.run('throughActivity', 1);

  expect(tagged.tags).toEqual(tags);
  expect(untagged.tags ?? {}).toEqual({});
});
