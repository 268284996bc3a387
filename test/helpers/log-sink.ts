import { Writable } from 'node:stream';

export type Line = Readonly<Record<string, unknown>>;

/** Takes log lines in JSON and keeps them. */
export class LogSink extends Writable {
  /** All that was logged. */
  text = '';

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): Line[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  /** Those of the audit log, without what all lines have. */
  get audit(): Line[] {
    return this.lines
      .filter(({ audit }) => audit === true)
      .map(({ action, hub, target, outcome, who, whoName, knownBy, peer }) => ({
        ...{ action, hub, target, outcome, who, whoName, knownBy, peer },
      }));
  }
}
