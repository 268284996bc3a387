import { expect, test } from 'vitest';
import {
  callMessage,
  entityState,
  holderNamed,
  lockMessage,
  signalMessage,
} from '../../test/helpers/entity-factories.ts';
import { inboxMessage, toolsAt } from '../../test/helpers/factories.ts';
import { purgeEntity } from './entity-purge.ts';
import { ranks } from './message.ts';

test('a purge takes state and signals; calls and the lock protocol stay', () => {
  const control = inboxMessage('purge', {}, { rank: ranks.control });
  const signals = [signalMessage(), signalMessage()];
  const heldBy = holderNamed();
  const inbox = [...signals, callMessage(), lockMessage()];
  expect(purgeEntity(entityState({ heldBy }), control, inbox, toolsAt()).patch).toMatchObject({
    ...{ kind: 'entity', state: null, dropsSignals: true, isTurn: true, heldBy },
    consumed: [control, ...signals],
  });
});
