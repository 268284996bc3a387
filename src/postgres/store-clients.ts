import { Client } from 'pg';
import { StartupError } from '../lib/startup-error.ts';
import { connectionSettings, type StoreAddress } from './pool.ts';

export interface NamedAddress extends StoreAddress {
  readonly name: string;
}

/** Connections to the stores, one each and for some another. */
export class StoreClients implements AsyncDisposable {
  readonly #open = new Map<string, Promise<Client>>();

  of(store: NamedAddress): Promise<Client> {
    return this.#get(store, store.name);
  }

  another(store: NamedAddress): Promise<Client> {
    return this.#get(store, `${store.name} another`);
  }

  #get(store: NamedAddress, name: string): Promise<Client> {
    const known = this.#open.get(name) ?? connect(store);
    this.#open.set(name, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#open.values()) {
      const client = await opening.catch(() => undefined);
      // What it had begun is rolled back.
      client?.connection.stream.destroy();
    }
  }
}

async function connect(store: NamedAddress): Promise<Client> {
  // Rows take as long as they take.
  const unlimited = { statement_timeout: 0, idle_in_transaction_session_timeout: 0 };
  const client = new Client(connectionSettings(store, { ...unlimited, plan_cache_mode: 'auto' }));
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(
      `the database of the store '${store.name}' can't be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return client;
}
