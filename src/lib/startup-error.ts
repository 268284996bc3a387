/** Something the operator can put right: shown as one line on stderr, without a stack trace, and the program ends. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
