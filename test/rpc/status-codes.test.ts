import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { type Request, type UnaryName } from '../../src/grpc/client.ts';
import { statusNamed, type TestHub } from '../helpers/client.ts';
import { complete, fail } from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { historyChunks } from './history.ts';

// Which status which call ends with. SDKs turn these codes, and their texts, into exceptions of their own.

const { hub } = useServer();

type State = 'unknown' | 'RUNNING' | 'COMPLETED' | 'FAILED';
interface Row {
  readonly rpc: UnaryName;
  readonly state: State;
  readonly more?: Readonly<Record<string, unknown>>;
}

type Refusal = readonly [UnaryName, State, keyof typeof status, words: string, more?: Row['more']];

const refusals: readonly Refusal[] = [
  ['StartInstance', 'RUNNING', 'ALREADY_EXISTS', 'already exists and is RUNNING', { name: 'Order' }],
  [
    ...(['StartInstance', 'COMPLETED', 'ALREADY_EXISTS', 'already exists and is COMPLETED'] as const),
    { name: 'Order', orchestrationIdReusePolicy: {} },
  ],
  ['StartInstance', 'unknown', 'INVALID_ARGUMENT', 'orchestrator name is empty', { name: '' }],
  [
    ...(['StartInstance', 'unknown', 'INVALID_ARGUMENT', "cannot exclude 'Terminated'"] as const),
    { name: 'Order', orchestrationIdReusePolicy: { replaceableStatus: [statusNamed('RUNNING')] } },
  ],
  ['WaitForInstanceStart', 'unknown', 'DEADLINE_EXCEEDED', ''],
  ['WaitForInstanceCompletion', 'unknown', 'DEADLINE_EXCEEDED', ''],
  ['WaitForInstanceCompletion', 'RUNNING', 'DEADLINE_EXCEEDED', ''],
  ['RewindInstance', 'unknown', 'NOT_FOUND', 'no orchestration instance with the id'],
  ['RewindInstance', 'RUNNING', 'FAILED_PRECONDITION', "it is in the 'RUNNING' state"],
  ['RewindInstance', 'COMPLETED', 'FAILED_PRECONDITION', "it is in the 'COMPLETED' state"],
  ['RestartInstance', 'unknown', 'NOT_FOUND', 'no orchestration instance with the id'],
  ['RestartInstance', 'unknown', 'NOT_FOUND', 'with the id', { restartWithNewInstanceId: true }],
  ['RestartInstance', 'RUNNING', 'FAILED_PRECONDITION', 'is RUNNING: only a finished instance'],
  ['PurgeInstances', 'RUNNING', 'FAILED_PRECONDITION', 'only finished instances', { isOrchestration: true }],
  ['SignalEntity', 'unknown', 'INVALID_ARGUMENT', "no entity's instance id"],
];

/** An instance in that state, and a call about it. */
async function prepare(
  orders: TestHub,
  { state, more }: Row,
): Promise<{ id: string; request: Request<UnaryName> }> {
  const worker = await orders.worker();
  const id = state === 'unknown' ? 'nobody' : await orders.start();
  if (state === 'RUNNING') await worker.play([]);
  if (state === 'COMPLETED') await worker.play([complete('1')]);
  if (state === 'FAILED') await worker.play([fail({ errorType: 'E', errorMessage: 'm' })]);
  return { id, request: { instanceId: id, ...more } };
}

describe('a call is refused with a code and a text', () => {
  const rows = refusals.map(([rpc, state, code, words, more = {}]) => ({ rpc, state, code, words, more }));
  test.each(rows)('$rpc, $state: $code $words (orchestrations §2.1)', async ({ code, words, ...row }) => {
    const orders = hub();
    const { id, request } = await prepare(orders, row);
    const before = await orders.find(id);
    await expect(orders.client.call(row.rpc, request, { timeoutMs: 700 })).rejects.toMatchObject({
      code: status[code],
      details: expect.stringContaining(words) as unknown,
    });
    expect(await orders.find(id), 'nothing has changed').toEqual(before);
  });
});

describe('a call that finds nothing to do is OK', () => {
  const rpcs = ['RaiseEvent', 'TerminateInstance', 'SuspendInstance', 'ResumeInstance'] as const;
  const states = ['unknown', 'COMPLETED', 'FAILED'] as const;
  const rows: Row[] = [
    ...rpcs.flatMap((rpc) =>
      states.map((state): Row => ({
        ...{ rpc, state },
        more: rpc === 'RaiseEvent' ? { name: 'e' } : {},
      })),
    ),
    { rpc: 'PurgeInstances', state: 'unknown' },
    { rpc: 'PurgeInstances', state: 'RUNNING' },
    { rpc: 'ResumeInstance', state: 'RUNNING' },
  ];
  test.each(rows)('$rpc, $state (orchestrations §2)', async (row) => {
    const orders = hub();
    const { id, request } = await prepare(orders, row);
    const before = await orders.find(id);
    await expect(orders.client.call(row.rpc, request, { timeoutMs: 5_000 })).resolves.toBeDefined();
    expect(await orders.find(id)).toEqual(before);
  });

  test('StreamInstanceHistory, unknown (orchestrations §2)', async () => {
    expect(await historyChunks(hub(), { instanceId: 'nobody' })).toEqual([]);
  });
});

// Java bounds a purge by its deadline.
test('a purge whose caller runs out of time is DEADLINE_EXCEEDED, and can be repeated (orchestrations §2.1)', async () => {
  const orders = hub();
  const ids = await Promise.all(Array.from({ length: 300 }, () => orders.start()));
  await orders.client.call('SkipGracefulOrchestrationTerminations', { instanceBatch: { instanceIds: ids } });
  const request = { purgeInstanceFilter: {} };
  await expect(orders.client.call('PurgeInstances', request, { timeoutMs: 1 })).rejects.toMatchObject({
    code: status.DEADLINE_EXCEEDED,
  });
  const { isComplete } = await orders.client.call('PurgeInstances', request);
  expect(isComplete).toEqual({ value: true });
  const { orchestrationState } = await orders.client.call('QueryInstances', {});
  expect(orchestrationState).toEqual([]);
});
