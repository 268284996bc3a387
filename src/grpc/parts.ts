import { type Codec } from '../protocol/codec.ts';
import { type HubDirectory } from '../scheduler/hubs.ts';
import { type Logger } from '../telemetry/log.ts';
import { type Access } from './access.ts';
import { type OpenWaits } from './waits.ts';

/** What all handlers share. */
export interface GrpcParts {
  readonly hubs: HubDirectory;
  readonly codec: Codec;
  readonly log: Logger;
  readonly waits: OpenWaits;
  /** Undefined: everybody may do everything. */
  readonly access: Access | undefined;
  /** False while the server drains: whoever looks for a server should find another. */
  readonly isServing: () => boolean;
}
