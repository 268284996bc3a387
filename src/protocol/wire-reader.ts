import { ProtocolError } from './protocol-error.ts';

/** How a value lies on the wire; the lowest three bits of its tag. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** Varints of up to 7 bytes hold at most 49 bits, which a number holds exactly. */
const exactVarintBytes = 7;
const longestVarintBytes = 10;

/** Walks over protobuf bytes without making anything of them. */
export class WireReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Reads an integer of up to 64 bits, with its sign; throws a `ProtocolError` when a number can't hold it. */
  varint(): number {
    const start = this.at;
    let value = 0;
    for (let scale = 1; this.at - start < exactVarintBytes; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    this.at = start;
    return this.#longVarint();
  }

  skipVarint(): void {
    for (let length = 1; length <= longestVarintBytes; length++) if (this.#byte() < 128) return;
    throw new ProtocolError('an integer is longer than ten bytes');
  }

  /** Reads a tag: the field's number, shifted by three, with the wire type. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8 || tag > 0xffffffff) throw new ProtocolError('a field has an impossible number');
    return tag;
  }

  /** Reads a length and answers where the bytes that it counts end. */
  lengthEnd(): number {
    const length = this.varint();
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length) throw new ProtocolError('the message is cut short');
    return end;
  }

  /** Passes over the value of a field of this tag. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === wireTypes.varint) this.skipVarint();
    else if (wireType === wireTypes.bytes) this.at = this.lengthEnd();
    else if (wireType === wireTypes.fixed64) this.at += 8;
    else if (wireType === wireTypes.fixed32) this.at += 4;
    else throw new ProtocolError('a field has a wire type that proto3 does not know');
    if (this.at > this.bytes.length) throw new ProtocolError('the message is cut short');
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new ProtocolError('the message is cut short');
    return byte;
  }

  #longVarint(): number {
    const start = this.at;
    this.skipVarint();
    let bits = 0n;
    for (let at = this.at - 1; at >= start; at--) bits = (bits << 7n) | BigInt((this.bytes[at] ?? 0) & 127);
    const value = Number(BigInt.asIntN(64, bits));
    if (!Number.isSafeInteger(value)) throw new ProtocolError('an integer is out of range');
    return value;
  }
}
