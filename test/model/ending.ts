import { isTerminal } from '../../src/domain/instance.ts';
import { COMPLETE, type Index, WHOLE } from './calls.ts';
import { type Deed, FULL } from './entity-calls.ts';
import { type EntityRow } from './entity-rows.ts';
import { type InstanceRow } from './rows.ts';
import { type World } from './world.ts';

const ring = (entity: string): Deed => ({
  ...{
    kind: 'signal',
    entity,
    name: 'hurry',
    input: null,
    when: 'now',
    hasRequestId: true,
    isDoubled: false,
  },
});
const HURRY = { replica: 0, name: 'hurry', input: null } as const;

/**
 * Lets everything that can end do so: with streams for everything, nothing suspended and every turn answered, nothing
 * is left but what waits for a time that is far away. Returns the ids of what is left.
 */
export async function endAll(world: World): Promise<string[]> {
  for (const hub of [0, 1] as const) {
    await world.step([[{ kind: 'open', hub, replica: hub, filters: 0, limit: 0 }]]);
    for (const row of instancesOf(world)) {
      if (row.hubId === world.real.hubId(hub) && !isTerminal(row.status)) await hurry(world, hub, row);
    }
    for (const { hubId, key, id } of world.oracle.entities.values()) {
      const isResting = hubId === world.real.hubId(hub) && world.oracle.delayed.has(key);
      if (isResting) await world.step([[{ kind: 'entities', hub, replica: hub, deed: ring(id) }]]);
    }
  }
  while (await world.step([[{ kind: 'let time pass', hub: 0 }]]));
  for (const hub of [0, 1] as const) await answerAll(world, hub);
  const left = instancesOf(world).filter(
    ({ status, scheduledAt, turn }) => !isTerminal(status) && (scheduledAt === null || turn > 0),
  );
  return [...left, ...busyEntities(world)].map(({ id }) => id);
}

/** When all orchestrations have ended and all operations are done, no entity is held and nothing waits at one. */
function busyEntities({ oracle }: World): EntityRow[] {
  return [...oracle.entities.values()].filter(({ holder, queue }) => holder !== null || queue.length > 0);
}

const instancesOf = ({ oracle }: World): InstanceRow[] => [...oracle.store.instances.values()];

async function hurry(world: World, hub: Index, { id: target, status }: InstanceRow): Promise<void> {
  if (status === 'suspended') {
    await world.step([[{ kind: 'resume', hub, replica: hub, target, reason: null }]]);
  }
  await world.step([[{ kind: 'raise', hub, target, events: [HURRY] }]]);
}

async function answerAll(world: World, hub: Index): Promise<void> {
  const replica = hub === 0 ? 1 : 0;
  const result = { result: null, hasFailed: false, hasToken: true };
  const delivery = { ...WHOLE, replicas: [replica] } as const;
  while (await world.step([[{ kind: 'complete activity', hub, replica, pick: 0, ...result }]]));
  const deed = { kind: 'complete a batch', pick: 0, script: FULL } as const;
  let isGoingOn = true;
  while (isGoingOn) {
    const isAnswered = await world.step([[{ kind: 'answer', hub, pick: 0, script: COMPLETE, delivery }]]);
    isGoingOn = (await world.step([[{ kind: 'entities', hub, replica, deed }]])) || isAnswered;
  }
}
