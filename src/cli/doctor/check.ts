import { styled } from '../output.ts';
import { escapeText, padEnd } from '../text.ts';

/** What was looked at, how it is, and what to do about it. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly text: string;
  /** Null when it is ok. */
  readonly advice: string | null;
}

export function ok(name: string, text: string): Check {
  return { name, status: 'ok', text, advice: null };
}

export function warning(name: string, text: string, advice: string): Check {
  return { name, status: 'warning', text, advice };
}

export function failed(name: string, text: string, advice: string): Check {
  return { name, status: 'failed', text, advice };
}

const colours = { ok: 'green', warning: 'yellow', failed: 'red' } as const;

/** A line for each check, and one more that says what to do. */
export function checkLines(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, status, text, advice }) => {
      const line = `${styled(colours[status], status.padEnd(7))}  ${padEnd(name, width)}  ${escapeText(text)}\n`;
      return advice === null ? line : `${line}${' '.repeat(width + 11)}→ ${escapeText(advice)}\n`;
    })
    .join('');
}
