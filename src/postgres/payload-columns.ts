import { SENDER_BYTES, kindsWithSender } from '../domain/entity-message.ts';
import { messageKinds } from '../domain/message.ts';

/** What a sealed value is: authenticated with it, and so stored for ever. Of two columns with one name, values may move. */
export type PayloadColumn =
  | ('history' | 'message' | 'request' | 'answer')
  | ('input' | 'output' | 'custom_status' | 'failure' | 'suspension');

export interface PayloadTable {
  readonly table: string;
  readonly columns: Readonly<Record<string, PayloadColumn>>;
  /** Bytes in front of the value that stay clear, as SQL about a row `r`. */
  readonly clearBytes: string;
}

/** Of an entity's messages, those that begin with who sent them. */
const ofSender = `case when r.kind in (${kindsWithSender.map((kind) => messageKinds[kind]).join(', ')})
                       then ${SENDER_BYTES} else 0 end`;

/**
 * Where payloads are. PostgreSQL moves messages from timers to inboxes by itself, so that is the order in which these
 * are worked through.
 */
export const payloadTables: readonly PayloadTable[] = [
  { table: 'activities', columns: { request: 'request' }, clearBytes: '0' },
  { table: 'completions', columns: { bytes: 'answer' }, clearBytes: '0' },
  { table: 'history', columns: { events: 'history' }, clearBytes: '0' },
  { table: 'timers', columns: { event: 'message' }, clearBytes: ofSender },
  { table: 'inbox', columns: { event: 'message' }, clearBytes: ofSender },
  {
    table: 'instances',
    columns: {
      ...{ input: 'input', output: 'output', custom_status: 'custom_status' },
      ...{ failure: 'failure', suspension: 'suspension' },
    },
    clearBytes: '0',
  },
];

/**
 * Every other column that could hold one, with why it stays clear. A test holds this against the schema: a new column
 * has to be in one of both.
 */
export const clearColumns: Readonly<Record<string, string>> = {
  'activities.name': 'claims filter by it',
  'activities.version': 'shown to workers with the name',
  'activities.effective_version': 'claims filter by it',
  'api_keys.key_id': 'an id',
  'api_keys.name': 'of a credential',
  'api_keys.secret_hash': 'a hash',
  'api_keys.role': 'of a credential',
  'api_keys.hubs': 'of a credential',
  'audit_log.who': 'an id of a credential',
  'audit_log.who_name': 'the name of a caller',
  'audit_log.known_by': 'a kind of credential',
  'audit_log.peer': 'an address',
  'audit_log.action': 'the name of an rpc',
  'audit_log.hub': 'looked up',
  'audit_log.target': 'ids and filters, no payloads',
  'audit_log.outcome': 'a status',
  'completions.token': 'an id',
  'encryption_keys.key_id': 'names a key',
  'encryption_keys.fingerprint': 'tells keys apart',
  'hub_places.name': 'looked up',
  'hub_places.store': 'the name of a store',
  'hubs.name': 'looked up',
  'hubs.settings': 'of the engine',
  'hubs.moving_to': 'the name of a store',
  'instances.instance_id': 'looked up and searched by prefix',
  'instances.execution_id': 'an id',
  'instances.name': 'claims filter by it',
  'instances.version': 'claims filter by it',
  'instances.tags': 'labels for operators, shown without payloads',
  'instances.parent': 'name and ids of the parent, which are clear in its own row',
  'instances.trace_context': 'ids of a trace, which collectors get as well',
  'instances.held_by': 'ids that a move numbers anew and clean-ups join',
  'instances.sections': 'ids of entities',
  'migrations.name': 'of the program',
  'migrations.checksum': 'of the program',
  'replicas.address': 'of a server',
  'replicas.version': 'of a server',
  'replicas.key_ids': 'names keys',
  'signals.request': 'ids that repeated signals are known by',
};
