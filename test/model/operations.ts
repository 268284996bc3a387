import { must } from '../../src/lib/assert.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { type Call, type OtherCall } from './calls.ts';
import { clientOperations } from './client-operations.ts';
import { entityOperation } from './entity-operations.ts';
import { Mismatch } from './mismatch.ts';
import { purgeAll, purgeBatch, terminateBatch } from './operator-operations.ts';
import { type Oracle, type Reply, type Target } from './oracle.ts';
import { type RealHubs } from './real-hubs.ts';
import { listHubs, listIds, query } from './search-operations.ts';
import { openStream, workerOperation } from './worker-operations.ts';

/** A call whose numbers have been replaced by what they stand for. */
export interface Operation {
  /** For people. */
  readonly text: string;
  /** Instances that a client looks at afterwards. */
  readonly touches: readonly Target[];
  /** Does it. */
  call(): Promise<Reply>;
  /** What the oracle makes of it. `reply` is what the server said. */
  apply(oracle: Oracle, reply: Reply, now: Timestamp): Reply;
  /** Whether the moment decides: whether something lies in the future. */
  readonly isTimed?: boolean;
  /** What must have happened besides; throws a `Mismatch` until then. */
  readonly require?: (oracle: Oracle) => void;
}

/** Where an operation takes place. */
export interface Scene {
  readonly oracle: Oracle;
  readonly real: RealHubs;
  /** Nothing else is done at the same time. */
  readonly isAlone: boolean;
}

/** None when there is nothing that the call could be about. */
export function operationsOf(call: Call, scene: Scene): readonly Operation[] {
  if (call.kind === 'entities') return listed(entityOperation(call, scene));
  if ('target' in call) return clientOperations(call, scene);
  return listed('pick' in call ? workerOperation(call, scene) : otherOperation(call, scene));
}

const listed = (operation: Operation | undefined): readonly Operation[] => (operation ? [operation] : []);

function otherOperation(
  call: Exclude<OtherCall, { target: unknown } | { pick: unknown }>,
  scene: Scene,
): Operation | undefined {
  switch (call.kind) {
    case 'purge batch':
      return purgeBatch(call, scene);
    case 'purge all':
      return purgeAll(call, scene);
    case 'terminate batch':
      return terminateBatch(call, scene);
    case 'query':
      return query(call, scene);
    case 'list ids':
      return listIds(call, scene);
    case 'list hubs':
      return listHubs(call, scene);
    case 'open':
      return openStream(call, scene);
    case 'let time pass':
      return letTimePass(scene.oracle);
    case 'let abandoned work return':
      return letWorkReturn(scene.oracle);
  }
}

/** Until the next timer fires that is not far away. */
function letTimePass({ store }: Oracle): Operation | undefined {
  const soon = (Date.now() + 1_000) * 1000;
  const timers = [...store.timers.values()].filter(({ firesAt }) => firesAt < soon);
  const [next] = timers.sort((a, b) => a.firesAt - b.firesAt);
  return (
    next &&
    waiting('let time pass until a timer fires', (oracle) => {
      if (oracle.store.timers.has(next.timerKey)) throw new Mismatch('a timer has not fired');
    })
  );
}

function letWorkReturn({ delayed }: Oracle): Operation | undefined {
  if (delayed.size === 0) return undefined;
  const key = must([...delayed.keys()][0], 'a key');
  return waiting('let abandoned work return', (oracle) => {
    if (oracle.delayed.has(key)) throw new Mismatch('abandoned work has not come again');
  });
}

function waiting(text: string, require: (oracle: Oracle) => void): Operation {
  const ok = { code: 'ok' } as const;
  return { text, touches: [], call: () => Promise.resolve(ok), apply: () => ok, require };
}
