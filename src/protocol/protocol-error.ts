/** Bytes that aren't the message they should be. The text names the message and field, never their content. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
