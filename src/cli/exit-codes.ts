/** What the program ends with. docs/cli.md has the same table. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  error: { code: 1, meaning: 'any other error' },
  usage: { code: 2, meaning: 'the command line is wrong, or needs --yes' },
  notFound: { code: 3, meaning: 'no such instance or task hub' },
  endedOtherwise: { code: 4, meaning: 'the instance that was waited for ended otherwise than COMPLETED' },
  timeout: { code: 5, meaning: 'no answer, or not the awaited one, in time' },
  interrupted: { code: 130, meaning: 'Ctrl-C' },
} as const;

/** A command that did not do what it was told, said in one line on stderr. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit: keyof typeof exitCodes;

  constructor(message: string, exit: keyof typeof exitCodes = 'error') {
    super(message);
    this.exit = exit;
  }
}

/** A failure that was shown already, by another process of the same run. */
export class ShownError extends Error {
  override readonly name = 'ShownError';
}

/** For `--help`. */
export function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}
