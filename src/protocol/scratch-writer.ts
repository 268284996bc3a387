// protobufjs lists what it is to write in an object for every tag, length and value, sums up their sizes and writes at
// the end: over a kilobyte of garbage for an event of sixty bytes. Its encoders call whatever writer they are handed, so
// this one takes the place of its own: it writes at once, into memory that is used again and again, and copies the
// bytes out. A length stands before its content and is known after it: one byte is kept free for it, and a content of
// more than 127 bytes is moved to make room for more.
//
// What doesn't fit into the memory is counted and not written; then protobufjs must encode the message by itself.

import protobuf from 'protobufjs';

/** Longer messages are dear anyway, and seldom. */
const CAPACITY = 32 * 1024;
/** protobufjs writes shorter strings character by character, and so must we: it writes half a surrogate pair as it is. */
const LONG_TEXT = 40;

/** The part of `protobuf.Writer` that encoders of our messages use; scratch-writer.test.ts knows that it is all. */
export class ScratchWriter {
  readonly #bytes = Buffer.allocUnsafeSlow(CAPACITY);
  /** Where the lengths stand of the messages that are being written, from the outermost to the innermost. */
  readonly #open: number[] = [];
  #depth = 0;
  #at = 0;

  /** Begins a message; what became of the one before doesn't matter. */
  begin(): this {
    this.#at = 0;
    this.#depth = 0;
    return this;
  }

  /** The message, unless it was too long. */
  finish(): Buffer | undefined {
    if (this.#at > CAPACITY) return undefined;
    const message = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(message, 0, 0, this.#at);
    return message;
  }

  fork(): this {
    this.#open[this.#depth++] = this.#at++;
    return this;
  }

  ldelim(): this {
    const start = this.#open[--this.#depth] ?? 0;
    const length = this.#at - start - 1;
    if (length > 127) this.#bytes.copyWithin(start + varintSize(length), start + 1, this.#at);
    this.#at = start;
    this.uint32(length);
    this.#at += length;
    return this;
  }

  uint32(value: number): this {
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
    return this;
  }

  /** A negative number has the ten bytes that it has as an int64. */
  int32(value: number): this {
    const whole = value | 0;
    return whole < 0 ? this.#varint64(whole >>> 0, 0xffffffff) : this.uint32(whole);
  }

  int64(value: Parameters<typeof protobuf.util.LongBits.from>[0]): this {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) return this.uint32(value);
    const { lo, hi } = protobuf.util.LongBits.from(value);
    return this.#varint64(lo, hi);
  }

  bool(value: boolean): this {
    return this.uint32(value ? 1 : 0);
  }

  double(value: number): this {
    if (this.#at + 8 <= CAPACITY) this.#bytes.writeDoubleLE(value, this.#at);
    this.#at += 8;
    return this;
  }

  string(value: string): this {
    if (value.length < LONG_TEXT) {
      const start = this.#at++;
      this.#at += protobuf.util.utf8.write(value, this.#bytes, this.#at);
      this.#bytes[start] = this.#at - start - 1;
      return this;
    }
    const length = Buffer.byteLength(value);
    this.uint32(length);
    if (this.#at + length <= CAPACITY) this.#bytes.write(value, this.#at);
    this.#at += length;
    return this;
  }

  #varint64(low: number, high: number): this {
    let lo = low;
    let hi = high;
    while (hi > 0) {
      this.#bytes[this.#at++] = (lo & 127) | 128;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    return this.uint32(lo);
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest >>>= 7) size++;
  return size;
}
