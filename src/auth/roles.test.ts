import { describe, expect, test } from 'vitest';
import { adminDefinition, serviceDefinition } from '../protocol/service.ts';
import { type Audit, reachOf, type Role, roles, roleTitles, type Rpc, rpcTable } from './roles.ts';

const rpcs = Object.keys(rpcTable) as Rpc[];

test('every rpc of the services has a row, and there is no other', () => {
  const served = [...Object.keys(serviceDefinition), ...Object.keys(adminDefinition)];
  expect(rpcs.toSorted()).toEqual(served.toSorted());
});

/** C contributor, W worker, R reader, O operator (o: without payloads), c client, A admin: all that each rpc allows. */
const expected: Readonly<Record<Rpc, string>> = {
  Hello: 'C W R O c A',
  ListTaskHubs: 'C W R O c A',
  CreateTaskHub: '- - - - - A',
  DeleteTaskHub: '- - - - - A',
  PlaceTaskHub: '- - - - - A',
  GetTaskHubQuotas: 'C - - O - A',
  SetTaskHubQuotas: '- - - - - A',
  StartInstance: 'C - - - c A',
  RaiseEvent: 'C - - O c A',
  SignalEntity: 'C - - - c A',
  GetInstance: 'C - R o c A',
  WaitForInstanceStart: 'C - R o c A',
  WaitForInstanceCompletion: 'C - R o c A',
  QueryInstances: 'C - R o c A',
  GetEntity: 'C - R o c A',
  QueryEntities: 'C - R o c A',
  ListInstanceIds: 'C - R O c A',
  StreamInstanceHistory: 'C W R - c A',
  TerminateInstance: 'C - - O - A',
  SuspendInstance: 'C - - O - A',
  ResumeInstance: 'C - - O - A',
  RestartInstance: 'C - - O - A',
  RewindInstance: 'C - - O - A',
  SkipGracefulOrchestrationTerminations: 'C - - O - A',
  PurgeInstances: 'C - - - - A',
  CleanEntityStorage: 'C - - - - A',
  GetWorkItems: 'C W - - - A',
  CompleteOrchestratorTask: 'C W - - - A',
  CompleteActivityTask: 'C W - - - A',
  CompleteEntityTask: 'C W - - - A',
  AbandonTaskOrchestratorWorkItem: 'C W - - - A',
  AbandonTaskActivityWorkItem: 'C W - - - A',
  AbandonTaskEntityWorkItem: 'C W - - - A',
};
const letters: Readonly<Record<Role, string>> = {
  ...{ contributor: 'C', worker: 'W', reader: 'R', operator: 'O', client: 'c', admin: 'A' },
};

describe('each role may do what it is for, and nothing else', () => {
  test.each(rpcs)('%s', (rpc) => {
    const shown = roles.map((role) => {
      const reach = reachOf(role, rpc);
      if (reach === 'nothing') return '-';
      return reach === 'all' ? letters[role] : letters[role].toLowerCase();
    });
    expect(shown.join(' ')).toBe(expected[rpc]);
  });
});

/** What of the audit log each rpc counts as: the decision that a new one has to make. */
const audits: Readonly<Record<Audit, readonly Rpc[]>> = {
  manage: [
    ...(['CreateTaskHub', 'DeleteTaskHub', 'PlaceTaskHub', 'SetTaskHubQuotas'] as const),
    ...(['TerminateInstance', 'SuspendInstance', 'ResumeInstance', 'RestartInstance'] as const),
    ...(['RewindInstance', 'SkipGracefulOrchestrationTerminations'] as const),
    ...(['PurgeInstances', 'CleanEntityStorage'] as const),
  ],
  send: ['StartInstance', 'RaiseEvent', 'SignalEntity'],
  never: [
    ...([
      'Hello',
      'ListTaskHubs',
      'GetTaskHubQuotas',
      'GetInstance',
      'WaitForInstanceStart',
      'WaitForInstanceCompletion',
    ] as const),
    ...([
      'QueryInstances',
      'GetEntity',
      'QueryEntities',
      'ListInstanceIds',
      'StreamInstanceHistory',
    ] as const),
    ...(['GetWorkItems', 'CompleteOrchestratorTask', 'CompleteActivityTask', 'CompleteEntityTask'] as const),
    ...(['AbandonTaskOrchestratorWorkItem', 'AbandonTaskActivityWorkItem'] as const),
    'AbandonTaskEntityWorkItem',
  ],
};

describe('what is written to the audit log', () => {
  test.each(Object.entries(audits))('%s', (audit, expectedRpcs) => {
    expect(rpcs.filter((rpc) => rpcTable[rpc].audit === audit).toSorted()).toEqual(expectedRpcs.toSorted());
  });

  test('is answered once, so that it has an outcome', () => {
    const definitions = { ...serviceDefinition, ...adminDefinition };
    const written = rpcs.filter((rpc) => rpcTable[rpc].audit !== 'never');
    expect(written.filter((rpc) => definitions[rpc]?.responseStream !== false)).toEqual([]);
  });
});

test('the roles of Azure have their names', () => {
  expect(Object.values(roleTitles)).toEqual(
    expect.arrayContaining([
      'Durable Task Data Contributor',
      'Durable Task Worker',
      'Durable Task Data Reader',
    ]),
  );
});
