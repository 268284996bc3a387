import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partNames } from '../src/bench/parts.ts';
import { clientSettingKeys, clientSettingsTable, settingKeys, settingsTable } from '../src/config.ts';
import { must } from '../src/lib/assert.ts';
import { envName, flagName, type Setting } from '../src/read-setting.ts';
import { callerLimits } from '../src/domain/limits.ts';
import { readMigrations } from '../src/postgres/migration-files.ts';
import { isOfStore, storeEnvName, storeSettingKeys, storeSettingsTable } from '../src/store-settings.ts';
import { metricTable } from '../src/telemetry/metric-table.ts';

// The rules of CONTRIBUTING.md that a machine can check and lint can't. Each test lists what breaks its rule.

const root = join(import.meta.dirname, '..');
const ignored = /^(node_modules|dist|coverage|\.[a-z]+)\/|^src\/protocol\/generated\//;

function list(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: (path) => path === 'node_modules' }).filter(
    (path) => !ignored.test(path),
  );
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** `path:line` of every match in the files. */
function matches(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

const code = list('src/**/*.ts', 'test/**/*.ts', 'bin/*.mjs', '*.ts').filter(
  (path) => path !== 'test/tidy.test.ts',
);
const sources = code.filter((path) => path.startsWith('src/') && !path.endsWith('.test.ts'));
const tests = code.filter((path) => path.endsWith('.test.ts'));
const documents = list('*.md', 'docs/**/*.md');

/** First cells of the rows of a document's tables that are code, such as `PERDURA_GRPC_PORT`. */
function documentedNames(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(/^\| `([^`]+)`/gm)]
    .map((row) => row[1] ?? '')
    .filter((name) => pattern.test(name));
}

function shownLimit(name: string, most: number): string {
  if (!name.endsWith('Bytes')) return most.toLocaleString('en-US');
  if (most % 2 ** 20 === 0) return `${most / 2 ** 20} MiB`;
  return most % 1024 === 0 ? `${most / 1024} KiB` : `${most} bytes`;
}

describe('code', () => {
  test('SQL stands in src/postgres only', () => {
    const others = sources.filter((path) => !path.startsWith('src/postgres/'));
    const statement =
      /\bsql(<[^>]*>)?`|[`'"]\s*(select\s[^`;]{1,300}\sfrom\s|insert into\s|delete from\s|update \w+\s+set\s|(create|alter|drop) (table|schema|database|index)\s)/;
    expect(others.filter((path) => statement.test(read(path)))).toEqual([]);
  });

  test('nothing outside src/postgres imports the SQL template', () => {
    expect(
      matches(
        sources.filter((path) => !path.startsWith('src/postgres/')),
        /from '.*postgres\/sql\.ts'/,
      ),
    ).toEqual([]);
  });

  test('every TODO names its issue', () => {
    expect(matches(code, /\b(TODO|FIXME|XXX)\b(?!.*#\d)/)).toEqual([]);
  });

  test('no test is singled out or switched off', () => {
    expect(matches(tests, /\b(test|it|describe)\.(only|skip|todo)\(/)).toEqual([]);
  });

  test('no rule is switched off in place', () => {
    expect(matches(code, /eslint-disable|@ts-ignore|@ts-expect-error|@ts-nocheck/)).toEqual([]);
  });

  test('no default exports and no barrels', () => {
    expect(matches(sources, /^export default\b/)).toEqual([]);
    expect(code.filter((path) => /^index\.\w+$/.test(basename(path)))).toEqual([]);
  });

  test('file names are kebab-case', () => {
    const names = [...code, ...list('migrations/*', 'docs/**/*')].filter(
      (path) => !path.startsWith('migrations/'),
    );
    expect(names.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(basename(path)))).toEqual(
      [],
    );
  });

  test('test names are unique within a file', () => {
    const repeated = tests.flatMap((path) => {
      const names = [...read(path).matchAll(/^\s*test\(\s*(['"`])(.+?)\1,/gm)].map((found) => found[2]);
      return names
        .filter((name, index) => names.indexOf(name) !== index)
        .map((name) => `${path}: ${name ?? ''}`);
    });
    expect(repeated).toEqual([]);
  });

  test('no path of somebody’s machine stands in the repository', () => {
    expect(matches([...code, ...documents], /\/(home|Users)\/[a-z]+\/|\/work\//)).toEqual([]);
  });
});

describe('tests', () => {
  test('every operation and every action has a test', () => {
    const texts = tests.map(read);
    const isTested = (path: string): boolean => {
      const name = basename(path, '.ts');
      const hasOwnTest = tests.some((candidate) =>
        [`${name}.test.ts`, `${name}.pg.test.ts`].includes(basename(candidate)),
      );
      return hasOwnTest || texts.some((text) => text.includes(`/${name}.ts'`));
    };
    const operations = sources
      .filter((path) => /^src\/(scheduler|domain\/actions)\//.test(path))
      // Files of types alone do nothing that a test could see.
      .filter((path) => /^export (async )?(function|class|const)/m.test(read(path)));
    expect(operations.filter((path) => !isTested(path))).toEqual([]);
  });

  test.runIf(existsSync(join(root, 'test/rpc')))('every rpc has a handler and a test of its own', () => {
    const protocols = list('protos/**/*.proto').map(read).join('\n');
    const rpcs = [...protocols.matchAll(/^\s*rpc (\w+)/gm)].map((found) => found[1] ?? '');
    expect(rpcs).toEqual(expect.arrayContaining(['GetWorkItems', 'ListTaskHubs']));
    const handlers = list('src/grpc/**/*.ts').map(read).join('\n');
    const untested = rpcs.filter((rpc) => {
      const file = rpc.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      const isHandled = new RegExp(`\\b${rpc}\\b`, 'i').test(handlers);
      return !(isHandled && tests.includes(`test/rpc/${file}.test.ts`));
    });
    expect(untested).toEqual([]);
  });
});

describe('the contract', () => {
  /** Numbers of a part that titles carry: `… (orchestrations §1.2, §1.3)`, `… (orchestrations §1.10, entities §0.11)`. */
  const carriedOf = (part: string): Set<string> => {
    const mark = new RegExp(`[(, ]${part} (§[\\d.]+(?:, §[\\d.]+)*)(?:, \\w+ §[\\d.]+)*\\):?['"\`]`, 'g');
    const marks = tests.flatMap((path) => [...read(path).matchAll(mark)]);
    return new Set(marks.flatMap((found) => (found[1] ?? '').split(', ')));
  };

  test.each([
    ['orchestrations', '§1', 26],
    ['entities', '§0', 13],
  ])('every rule of %s that is easy to get wrong is carried by a test', (part, section, count) => {
    const carried = carriedOf(part);
    const rules = Array.from({ length: count }, (_, n) => `${section}.${n + 1}`);
    expect(rules.filter((rule) => !carried.has(rule))).toEqual([]);
    const numbers = [...carried].filter((number) => number.startsWith(`${section}.`));
    expect(numbers.filter((number) => !rules.includes(number))).toEqual([]);
  });
});

describe('what is generated', () => {
  test('migrations are numbered, named and headed', () => {
    expect(readMigrations().length).toBeGreaterThan(0);
  });

  test(
    'the types of the protocol are those of the .proto files ("npm run protocol" makes them)',
    { timeout: 30_000 },
    () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: { protocol: string } };
      const [, tool = '', ...args] =
        /--run (\S+) (.*)$/
          .exec(scripts.protocol)
          ?.flatMap((part, index) => (index === 2 ? part.split(' ') : part)) ?? [];
      const out = mkdtempSync(join(tmpdir(), 'perdura-protocol-'));
      try {
        const redirected = args.map((argument) => argument.replace(/^--outDir=.*$/, `--outDir=${out}`));
        execFileSync(process.execPath, [join(root, 'node_modules/.bin', tool), ...redirected], {
          cwd: root,
          stdio: 'ignore',
        });
        const made = globSync('**/*.ts', { cwd: out }).toSorted();
        const kept = globSync('**/*.ts', { cwd: join(root, 'src/protocol/generated') }).toSorted();
        expect(kept).toEqual(made);
        expect(
          made.filter(
            (path) => readFileSync(join(out, path), 'utf8') !== read(join('src/protocol/generated', path)),
          ),
        ).toEqual([]);
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
  );
});

describe('documents', () => {
  test('docs/settings.md has every setting as the table has it, and no other', () => {
    const rowOf = (key: (typeof settingKeys)[number] | (typeof clientSettingKeys)[number]): string => {
      const table: Readonly<Record<string, Setting<unknown>>> = { ...settingsTable, ...clientSettingsTable };
      const { shown, sentence, aliases = [], hasFlag = true } = must(table[key], 'a setting');
      const also = aliases.map((name) => ` (also \`${name}\`)`).join('');
      return `| \`${envName(key)}\`${also} | ${hasFlag ? `\`${flagName(key)}\`` : '–'} | ${shown} | ${sentence} |`;
    };
    const ofStores = storeSettingKeys.map((key) => {
      const { shown, sentence } = storeSettingsTable[key];
      return `| \`${storeEnvName('<name>', key)}\` | ${shown} | ${sentence} |`;
    });
    const rows = [...settingKeys.map(rowOf), ...ofStores, ...clientSettingKeys.map(rowOf)];
    const documented = read('docs/settings.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(documented).toEqual(rows);
  });

  test('documents name no setting that does not exist', () => {
    const known = new Set([...settingKeys, ...clientSettingKeys].map(envName));
    const named = documents.flatMap((path) =>
      [...read(path).matchAll(/\bPERDURA_[A-Z_]*[A-Z]\b/g)].map(([name]) => ({ path, name })),
    );
    expect(
      named.filter(
        ({ name }) => !known.has(name) && !isOfStore(name) && !/^PERDURA_(SERVICE|PORT|TEST)/.test(name),
      ),
    ).toEqual([]);
  });

  test('docs/metrics.md has every metric with its labels, and no other', () => {
    const rows = [...read('docs/metrics.md').matchAll(/^\| `(perdura_\w+)` \| \w+ \| ([^|]*)\|/gm)].map(
      ([, name = '', labels = '']) => `${name} ${labels.trim()}`,
    );
    const known = Object.values(metricTable).map(({ name, labels }) => `${name} ${labels.join(', ')}`);
    expect(rows.toSorted()).toEqual(known.toSorted());
  });

  test('docs/cli.md has every part of the benchmark and no other', () => {
    expect(documentedNames('docs/cli.md', /^[a-z-]+$/)).toEqual(partNames);
  });

  test('docs/operations.md has every error code and no other', () => {
    const union = /export type ErrorCode =([^;]*);/.exec(read('src/domain/errors.ts'))?.[1] ?? '';
    const codes = [...union.matchAll(/'(\w+)'/g)].map((found) => found[1]?.toUpperCase());
    expect(codes).toContain('NOT_FOUND');
    expect(
      documentedNames('docs/operations.md', /^[A-Z_]+$/)
        .filter((name) => !name.startsWith('PERDURA_'))
        .toSorted(),
    ).toEqual(codes.toSorted());
  });

  test('docs/operations.md has every limit that callers meet, and no other', () => {
    const settings = ['maxPayloadMb', 'maxWorkItemMb', 'maxInstanceIdLength'] as const;
    const rows = [
      ...settings.map((key) => {
        const unit = key.endsWith('Mb') ? ' MiB' : '';
        return `| \`${envName(key)}\` | ${settingsTable[key].shown}${unit} |`;
      }),
      ...Object.entries(callerLimits).map(([name, most]) => `| \`${name}\` | ${shownLimit(name, most)} |`),
    ];
    const limitRows = /## Limits\n([^]*?)\n## /.exec(read('docs/operations.md'))?.[1]?.split('\n') ?? [];
    const documented = limitRows.filter((line) => line.startsWith('| `'));
    expect(documented.map((line) => /^(?:\|[^|]*){2}\|/.exec(line)?.[0])).toEqual(rows);
  });

  const guarantees = 'docs/guarantees.md';
  /** `[test/x.test.ts](../test/x.test.ts): "title"` */
  const shownBy = /^- \[([^\]]+)\]\(\.\.\/\1\): "(.+)"$/;

  test('docs/guarantees.md names tests that exist, by file and title', () => {
    const lines = read(guarantees)
      .split('\n')
      .filter((line) => line.includes('.test.ts]('));
    expect(lines.length).toBeGreaterThan(50);
    const missing = lines.filter((line) => {
      const [, path = '', title = ''] = shownBy.exec(line) ?? [];
      if (!tests.includes(path)) return true;
      const text = read(path);
      return ![`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted));
    });
    expect(missing).toEqual([]);
  });

  test('every promise and every fault in docs/guarantees.md has a test, or says that there is none', () => {
    const sections = read(guarantees)
      .split(/^(?=##+ )/m)
      .filter((section) => section.startsWith('### '));
    expect(sections.length).toBeGreaterThan(20);
    const isHonest = (section: string): boolean =>
      section.split('\n').some((line) => shownBy.test(line)) || section.includes('Not shown yet.');
    expect(sections.filter((section) => !isHonest(section))).toEqual([]);
  });

  test('every relative link leads somewhere', () => {
    const broken = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)]
        .map((found) => found[1] ?? '')
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test.each([
    ['README.md', 150],
    ['CONTRIBUTING.md', 150],
    ['ARCHITECTURE.md', 250],
  ])('%s has at most %i lines', (path, limit) => {
    expect(read(path).split('\n').length - 1).toBeLessThanOrEqual(limit);
  });
});
