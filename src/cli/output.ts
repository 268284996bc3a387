import { once } from 'node:events';
import { styleText } from 'node:util';
import { exitCodes } from './exit-codes.ts';
import { jsonText } from './text.ts';

/** Columns of the terminal; undefined when standard output is none. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

/** In colour where there is a terminal and nobody set NO_COLOR. */
export function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Writes to standard output, no faster than it is read. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Resolves when all that was printed has left the process, which ends without waiting for it. */
export function flushed(): Promise<void> {
  return new Promise((done) => {
    process.stdout.write('', () => {
      done();
    });
  });
}

/** Says something about the output, which goes elsewhere. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints one JSON document, or the text that says the same to a person. */
export async function printResult(isJson: boolean, document: unknown, text: () => string): Promise<void> {
  await print(isJson ? `${jsonText(document)}\n` : text());
}

/** Prints a JSON document with a list that is too long to be held, and what is known at its end. */
export async function printJsonList(
  name: string,
  items: AsyncIterable<unknown>,
  rest: () => Readonly<Record<string, unknown>> = () => ({}),
): Promise<void> {
  let separator = `{${jsonText(name)}:[\n`;
  let isEmpty = true;
  for await (const item of items) {
    await print(`${separator}${jsonText(item)}`);
    separator = ',\n';
    isEmpty = false;
  }
  const fields = Object.entries(rest()).map(([key, value]) => `,${jsonText(key)}:${jsonText(value)}`);
  await print(`${isEmpty ? separator : '\n'}]${fields.join('')}}\n`);
}

/** For commands that print and end: whoever reads may stop reading (`| head`), and Ctrl-C ends at once. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.ok.code : exitCodes.error.code);
  });
  // Said explicitly: the first process of a container is not ended by signals that it doesn't handle.
  process.on('SIGINT', () => process.exit(exitCodes.interrupted.code));
  process.on('SIGTERM', () => process.exit(143));
}
