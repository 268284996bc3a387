import { PREFIX_BYTES } from './answers.ts';

/** Cuts what a gRPC stream brings into its messages. */
export class MessageSplitter {
  readonly #onMessage: (message: Buffer) => void;
  /** Pieces of a message that isn't whole yet. */
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes that are needed to go on. */
  #wanted = PREFIX_BYTES;

  /** Messages are views of what was put in. */
  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  put(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#wanted) return;
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#size);
    const rest = this.#cut(bytes);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
  }

  #cut(bytes: Buffer): Buffer {
    let at = 0;
    for (;;) {
      this.#wanted = PREFIX_BYTES;
      if (bytes.length - at < PREFIX_BYTES) break;
      this.#wanted = PREFIX_BYTES + bytes.readUInt32BE(at + 1);
      if (bytes.length - at < this.#wanted) break;
      this.#onMessage(bytes.subarray(at + PREFIX_BYTES, at + this.#wanted));
      at += this.#wanted;
    }
    return bytes.subarray(at);
  }
}
