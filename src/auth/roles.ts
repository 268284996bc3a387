/** What somebody may be in a task hub. The names of the first three are Azure's. */
export const roles = ['contributor', 'worker', 'reader', 'operator', 'client', 'admin'] as const;
export type Role = (typeof roles)[number];

export const roleTitles: Readonly<Record<Role, string>> = {
  contributor: 'Durable Task Data Contributor',
  worker: 'Durable Task Worker',
  reader: 'Durable Task Data Reader',
  operator: 'Hub Operator',
  client: 'Client',
  admin: 'Admin',
};

/** `manage`: what manages or destroys · `send`: what clients send · `never`: reads, and what workers do. */
export type Audit = 'manage' | 'send' | 'never';

interface Row {
  readonly may: readonly Role[];
  /** As what of the audit log each call counts. */
  readonly audit: Audit;
  /** Only with requests that ask for no inputs, outputs and states. */
  readonly mayWithoutPayloads?: readonly Role[];
}

const anybody: Row = { may: roles, audit: 'never' };
const admins: Row = { may: ['admin'], audit: 'manage' };
const owners: Row = { may: ['contributor', 'admin'], audit: 'manage' };
const workers: Row = { may: ['worker', 'contributor', 'admin'], audit: 'never' };
const clients: Row = { may: ['client', 'contributor', 'admin'], audit: 'send' };
const operators: Row = { may: ['operator', 'contributor', 'admin'], audit: 'manage' };
const readers: Row = {
  may: ['reader', 'client', 'contributor', 'admin'],
  mayWithoutPayloads: ['operator'],
  audit: 'never',
};

/** Who may call what, and what is kept of it: the one place that says it. An rpc without a row can't be served. */
export const rpcTable = {
  Hello: anybody,
  ListTaskHubs: anybody,
  CreateTaskHub: admins,
  DeleteTaskHub: admins,
  PlaceTaskHub: admins,
  GetTaskHubQuotas: { ...operators, audit: 'never' },
  SetTaskHubQuotas: admins,

  StartInstance: clients,
  RaiseEvent: { may: ['operator', 'client', 'contributor', 'admin'], audit: 'send' },
  SignalEntity: clients,

  GetInstance: readers,
  WaitForInstanceStart: readers,
  WaitForInstanceCompletion: readers,
  QueryInstances: readers,
  GetEntity: readers,
  QueryEntities: readers,
  ListInstanceIds: { may: ['reader', 'operator', 'client', 'contributor', 'admin'], audit: 'never' },
  // Workers read histories that are too long for a work item.
  StreamInstanceHistory: { may: ['reader', 'worker', 'client', 'contributor', 'admin'], audit: 'never' },

  TerminateInstance: operators,
  SuspendInstance: operators,
  ResumeInstance: operators,
  RestartInstance: operators,
  RewindInstance: operators,
  SkipGracefulOrchestrationTerminations: operators,

  PurgeInstances: owners,
  CleanEntityStorage: owners,

  GetWorkItems: workers,
  CompleteOrchestratorTask: workers,
  CompleteActivityTask: workers,
  CompleteEntityTask: workers,
  AbandonTaskOrchestratorWorkItem: workers,
  AbandonTaskActivityWorkItem: workers,
  AbandonTaskEntityWorkItem: workers,
} as const satisfies Readonly<Record<string, Row>>;

export type Rpc = keyof typeof rpcTable;

export function isRpc(name: string): name is Rpc {
  return Object.hasOwn(rpcTable, name);
}

export function isRole(name: string): name is Role {
  return roles.some((role) => role === name);
}

/** What a role may do with an rpc. */
export function reachOf(role: Role, rpc: Rpc): 'all' | 'without-payloads' | 'nothing' {
  const { may, mayWithoutPayloads = [] }: Row = rpcTable[rpc];
  if (may.includes(role)) return 'all';
  return mayWithoutPayloads.includes(role) ? 'without-payloads' : 'nothing';
}
