import { randomUUID } from 'node:crypto';
import { type Action } from '../helpers/scripted-worker.ts';
import { entityIdOf, type EntityScriptAction } from './entity-calls.ts';
import { timeOf } from './entity-operations.ts';
import { type Oracle, type TurnOut } from './oracle.ts';
import { pickOf } from './picks.ts';

/** What an orchestration says to an entity. */
export function entityAction(
  action: EntityScriptAction,
  { hubId, request }: TurnOut,
  oracle: Oracle,
): Action {
  const { id } = action;
  const to = (target: string) => ({ requestId: randomUUID(), targetInstanceId: { value: target } });
  switch (action.kind) {
    case 'signal': {
      const scheduledTime = timeOf(action.when);
      const signaled = { ...to(entityIdOf(action.entity)), operation: 'told', scheduledTime };
      return { id, sendEntityMessage: { entityOperationSignaled: signaled } };
    }
    case 'call': {
      const called = { ...to(entityIdOf(action.entity)), operation: 'asked', input: { value: '5' } };
      return { id, sendEntityMessage: { entityOperationCalled: called } };
    }
    case 'lock': {
      const asked = { criticalSectionId: randomUUID(), lockSet: action.entities.map(entityIdOf) };
      return { id, sendEntityMessage: { entityLockRequested: asked } };
    }
    case 'unlock': {
      const sections = oracle.find({ hubId, id: request.instanceId })?.sections ?? [];
      const open = sections.flatMap((section) =>
        section.entities.map((entity) => ({ criticalSectionId: section.id, entity })),
      );
      const nothing = { criticalSectionId: 'none', entity: entityIdOf(0) };
      const { criticalSectionId, entity } = pickOf(open, action.pick, (it) => it.entity) ?? nothing;
      const unlocked = { criticalSectionId, targetInstanceId: { value: entity } };
      return { id, sendEntityMessage: { entityUnlockSent: unlocked } };
    }
  }
}
