/** A slice this much smaller than what it is cut from is copied before it is kept. */
const WASTE = 4;
const SMALL_BYTES = 16 * 1024;

/** Bytes that stay in memory: a small slice would keep the whole buffer of the call that brought it alive. */
export function keepBytes(bytes: Buffer): Buffer {
  const whole = bytes.buffer.byteLength;
  return whole > SMALL_BYTES && bytes.length * WASTE < whole ? Buffer.from(bytes) : bytes;
}
