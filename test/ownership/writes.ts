import { bit, type Bits, none } from './bits.ts';
import { type Model } from './scenario.ts';
import { nobody, type Replica, type Transaction, type Write } from './state.ts';

/** Something that a replica may put into its next batch. */
export interface Offer {
  readonly says: string;
  readonly writes: readonly Write[];
  /** It may never come to that. */
  readonly isChoice?: boolean;
}

export function isResident({ residents }: Replica, instance: number): boolean {
  return residents[instance] !== undefined;
}

export function sendOf(model: Model, replica: Replica, message: number): Extract<Write, { kind: 'send' }> {
  const isOwn = isResident(replica, model.message(message).to);
  return { kind: 'send', message, isOwn, closing: undefined };
}

/** The instance that a write sends a message to, or nobody. */
export function targetOf(model: Model, write: Write): number {
  switch (write.kind) {
    case 'send':
    case 'fire':
      return model.message(write.message).to;
    case 'start':
      return model.message(write.start.failed).to;
    default:
      return nobody;
  }
}

/** The calls of clients among some writes. */
export function callsIn(model: Model, writes: readonly Write[]): Bits {
  return writes.reduce((calls, write) => {
    const isCall = write.kind === 'send' || write.kind === 'replace';
    return isCall && model.message(write.message).via !== undefined ? calls | bit(write.message) : calls;
  }, none);
}

export function fetchedBy(writes: readonly Write[]): Bits {
  return writes.reduce((bits, write) => (write.kind === 'fetch' ? bits | bit(write.instance) : bits), none);
}

export function firedBy(writes: readonly Write[]): Bits {
  return writes.reduce((bits, write) => (write.kind === 'fire' ? bits | bit(write.message) : bits), none);
}

/** Of the writes of a batch, those for residents are decided anew (only where `bisectAnew` is dropped). */
export function rebuilt(model: Model, replica: Replica, writes: readonly Write[]): Write[] {
  return writes.map((write) => {
    const target = targetOf(model, write);
    return target === nobody ? write : { ...write, isOwn: isResident(replica, target) };
  });
}

/** Only idle transactions can be left open by a replica that froze: a batch sends its COMMIT with everything else. */
export function isPipelined({ writes }: Transaction): boolean {
  return !writes.some(({ kind }) => kind === 'claim' || kind === 'take' || kind === 'free');
}
