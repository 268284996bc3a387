import {
  type Request,
  type Response,
  TaskHubClient,
  type UnaryName,
  type UnaryOptions,
} from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';

/** A client behind a balancer that sends every call to the next replica. */
export class RoundRobin {
  readonly #clients: readonly TaskHubClient[];
  #calls = 0;
  isClosed = false;

  constructor(replicas: readonly { readonly endpoint: string }[], hub: string) {
    this.#clients = replicas.map(({ endpoint }) => new TaskHubClient({ address: endpoint, hub }));
  }

  call<Name extends UnaryName>(
    name: Name,
    request: Request<Name>,
    options?: UnaryOptions,
  ): Promise<Response<Name>> {
    const client = must(this.#clients[this.#calls++ % this.#clients.length], 'a replica');
    return client.call(name, request, options);
  }

  close(): void {
    this.isClosed = true;
    for (const client of this.#clients) client.close();
  }
}
