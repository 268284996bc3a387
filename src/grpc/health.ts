import { type Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { adminName, serviceName } from '../protocol/schema.ts';

/** gRPC's health protocol: load balancers and probes ask for the server ('') or for a service by name. */
export class Health {
  readonly #health = new HealthImplementation();

  constructor(server: Server) {
    this.set(true);
    this.#health.addToServer(server);
  }

  set(isServing: boolean): void {
    for (const service of ['', serviceName, adminName]) {
      this.#health.setStatus(service, isServing ? 'SERVING' : 'NOT_SERVING');
    }
  }
}
