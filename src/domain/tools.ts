import { type Codec } from '../protocol/codec.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { type Ids } from './ids.ts';
import { type Bounds } from './limits.ts';

/** What a decision needs besides its subject: handed in, so that the same inputs always give the same outcome. */
export interface Tools {
  readonly now: Timestamp;
  readonly ids: Ids;
  readonly codec: Codec;
}

/** Of a decision about what somebody asks for, who may ask for too much. */
export interface BoundedTools extends Tools {
  readonly bounds: Bounds;
}
