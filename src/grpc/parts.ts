import { type HubName } from '../domain/ids.ts';
import { type SchedulerError } from '../domain/errors.ts';
import { type Codec } from '../protocol/codec.ts';
import { type GetWorkItemsRequest } from '../protocol/messages.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { type Logger } from '../telemetry/log.ts';
import { type OpenWaits } from './waits.ts';

/** The registry of worker streams, as this layer uses it. */
export interface StreamRegistry {
  /** Throws `resource_exhausted` when there are too many. */
  open(options: {
    readonly hubId: number;
    readonly hub: HubName;
    readonly workerId: string | undefined;
    readonly userAgent: string | undefined;
    readonly request: GetWorkItemsRequest;
    /** The same object for all calls on one connection. */
    readonly connection: object;
    readonly sink: {
      write(item: Buffer): boolean;
      end(error: SchedulerError): void;
    };
  }): {
    drained(): void;
    closed(): void;
  };
  /** The token that an answer without one lacks, by what was sent on that connection. */
  tokenOf(hubId: number, connection: object, instanceId: string, taskId?: number): string | undefined;
}

/** What all handlers share. */
export interface GrpcParts {
  readonly hubs: HubDirectory;
  readonly streams: StreamRegistry;
  readonly codec: Codec;
  readonly log: Logger;
  readonly waits: OpenWaits;
  /** False while the server drains: whoever looks for a server should find another. */
  readonly isServing: () => boolean;
}
