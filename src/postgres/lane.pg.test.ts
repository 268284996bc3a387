import { setImmediate as nextRound } from 'node:timers/promises';
import { type Residency } from '../domain/store.ts';
import {
  eventDraft,
  expect,
  newInstance,
  raise,
  type Replica,
  start,
  test,
} from '../../test/helpers/store.ts';

/** A replica whose memory says what it is asked and told, and can't be asked any more at will. */
async function told(open: (overrides: { residency: Residency }) => Promise<Replica>) {
  const said: string[] = [];
  const broken = { isBroken: false };
  const hook = { onAsked: (): void => undefined };
  const residency: Residency = {
    holds: () => {
      said.push('asked');
      hook.onAsked();
      if (broken.isBroken) throw new Error('memory is broken');
      return false;
    },
    knownMessages: () => [],
    settle: () => {
      said.push('learned');
      return () => {
        said.push('acted');
      };
    },
  };
  return { replica: await open({ residency }), said, broken, hook };
}

test('what waits is sent as soon as memory has learned of the last batch, before anybody acts on it', async ({
  open,
  hubId,
}) => {
  const { replica, said, hook } = await told(open);
  const { id } = await start(replica, hubId, 'a');
  said.length = 0;
  let second: Promise<unknown> | undefined;
  // Memory is asked while a batch is made: what comes now waits for the next one.
  hook.onAsked = () => {
    second ??= replica.store.commit({ messages: [raise(hubId, id, 'y')] });
  };
  await replica.store.commit({ messages: [raise(hubId, id, 'x')] });
  await second;
  expect(said.filter((what, at) => what !== said[at - 1])).toEqual([
    'asked',
    ...['learned', 'asked', 'acted'],
    ...['learned', 'acted'],
  ]);
});

test('whoever waits for a batch is answered although the next one can not be built', async ({
  open,
  hubId,
}) => {
  const { replica, broken } = await told(open);
  const { partition, key } = await start(replica, hubId, 'a');
  const first = replica.store.commit({ instances: [newInstance(replica, hubId, 'b')] });
  await nextRound();
  await nextRound();
  broken.isBroken = true;
  const message = { to: { by: 'key', partition, key, generation: 0 }, isFromClient: false } as const;
  const second = replica.store.commit({
    messages: [{ ...message, message: eventDraft('x') }],
  });
  expect(await first).toMatchObject({ outcome: 'committed' });
  await expect(second).rejects.toMatchObject({ code: 'unavailable' });
  expect(replica.deaths).toEqual(['a bug in the lane']);
});
