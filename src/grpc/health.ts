import { type sendUnaryData, type Server, type ServerWritableStream, status } from '@grpc/grpc-js';
import { service as definition } from 'grpc-health-check';
import { adminName, serviceName } from '../protocol/schema.ts';

interface Request {
  readonly service: string;
}
interface Answer {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
type Watch = ServerWritableStream<Request, Answer>;

const services: ReadonlySet<string> = new Set(['', serviceName, adminName]);
/** Watches of all clients together: anybody may watch, without a credential. */
export const MOST_WATCHES = 1_000;

/**
 * gRPC's health protocol: load balancers and probes ask for the server ('') or for a service by name. What is asked by
 * another name is answered and forgotten: no service comes into being later.
 */
export class Health {
  readonly #watches = new Set<Watch>();
  #answer: Answer = { status: 'SERVING' };

  constructor(server: Server) {
    server.addService(definition, {
      check: ({ request }: { readonly request: Request }, callback: sendUnaryData<Answer>) => {
        if (services.has(request.service)) callback(null, this.#answer);
        else callback({ code: status.NOT_FOUND, details: 'this server has no such service' });
      },
      watch: (call: Watch) => {
        this.#watch(call);
      },
      list: (_: unknown, callback: sendUnaryData<{ statuses: Record<string, Answer> }>) => {
        callback(null, {
          statuses: Object.fromEntries([...services].map((service) => [service, this.#answer])),
        });
      },
    });
  }

  set(isServing: boolean): void {
    this.#answer = { status: isServing ? 'SERVING' : 'NOT_SERVING' };
    for (const watch of this.#watches) watch.write(this.#answer);
  }

  #watch(call: Watch): void {
    if (!services.has(call.request.service)) {
      call.write({ status: 'SERVICE_UNKNOWN' });
      call.end();
    } else if (this.#watches.size >= MOST_WATCHES) {
      const details = `this server's health is watched by ${MOST_WATCHES} calls, and no more may: use Check`;
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
    } else {
      this.#watches.add(call);
      call.on('cancelled', () => this.#watches.delete(call));
      call.write(this.#answer);
    }
  }
}
