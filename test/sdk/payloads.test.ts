import {
  type ActivityContext,
  type OrchestrationContext,
  OrchestrationStatus,
} from '@microsoft/durabletask-js';
import { expect, test } from 'vitest';
import { event, output, useServer, wait } from './hub.ts';

const server = useServer();
const echo = (_: ActivityContext, value: unknown) => value;

async function* throughActivity(context: OrchestrationContext, input: unknown) {
  return yield* wait(context.callActivity<unknown, unknown>('echo', input));
}

test('a payload of 1 MiB goes through input, activity, event, custom status and output unharmed', async () => {
  const hub = server.hub();
  const large = 'abcdefghijklmnop'.repeat(65_536);
  async function* carry(context: OrchestrationContext, input: string) {
    const echoed = yield* wait(context.callActivity<string, string>('echo', input));
    context.setCustomStatus(echoed);
    const raised: unknown = yield* event(context, 'large');
    return [echoed === raised, raised];
  }
  await hub.work({ orchestrators: { carry }, activities: { echo } });

  const id = await hub.start('carry', large);
  await hub.client.raiseOrchestrationEvent(id, 'large', large);
  const state = await hub.end(id);

  expect(state.runtimeStatus).toBe(OrchestrationStatus.COMPLETED);
  expect(state.serializedInput === JSON.stringify(large)).toBe(true);
  expect(state.serializedCustomStatus === JSON.stringify(large)).toBe(true);
  expect(state.serializedOutput === JSON.stringify([true, large])).toBe(true);
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
