import { type Codec } from '../protocol/codec.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { type Ids } from './ids.ts';

/** What a decision needs besides its subject: handed in, so that the same inputs always give the same outcome. */
export interface Tools {
  readonly now: Timestamp;
  readonly ids: Ids;
  readonly codec: Codec;
}
