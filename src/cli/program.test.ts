import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { makeProgram, termOf, withDescendants } from './program.ts';

/** From the program's name on: `perdura instance show <id>`. */
function termsOf(command: Command): string {
  return command.parent ? `${termsOf(command.parent)} ${termOf(command)}` : command.name();
}

const all = withDescendants(makeProgram());
/** A group does nothing by itself; bench does, beside being one. */
const leaves = all.filter((command) => command.commands.length === 0 || command.name() === 'bench');

describe('help', () => {
  test.each(leaves.map((command) => [termsOf(command), command] as const))('of %s', (_, command) => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    const path = termsOf(command).replace(/ [<[].*/, '');
    expect(help).toContain(`\nExample:\n  `);
    expect(help.split('Example:')[1]).toContain(path);
    for (const { long, description } of command.options) expect([long, description]).not.toContain('');
    expect(command.description()).toMatch(/^[A-Z].*[.]$/);
  });

  test('of groups names every command in them', () => {
    for (const group of all.filter(({ commands }) => commands.length > 0)) {
      const help = group.helpInformation();
      for (const command of group.commands) expect(help).toContain(`  ${termOf(command)}`);
    }
  });
});

describe('docs/cli.md', () => {
  const rows = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| (`|\d)/.test(line));

  test('has every command as it describes itself, and no other', () => {
    expect(rows.filter((row) => row.startsWith('| `perdura '))).toEqual(
      leaves.map((command) => `| \`${termsOf(command)}\` | ${command.description()} |`),
    );
  });

  test('has every exit code, and no other', () => {
    expect(rows.filter((row) => !row.startsWith('| `'))).toEqual(
      Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`),
    );
  });
});
