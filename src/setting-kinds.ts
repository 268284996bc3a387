// What kinds of values settings have: how each is written and read.

import { isIP } from 'node:net';
import { type Failpoint, failpointNames, type Failpoints } from './lib/failpoints.ts';

export interface Kind<T> {
  /** Stands for a value in `--help`. */
  readonly placeholder: string;
  /** Ends the sentence "… is not allowed: it is". */
  readonly allowed: string;
  /** The value, or undefined when the text is none. */
  readonly parse: (text: string) => T | undefined;
}

export interface Endpoint {
  /** `host:port`. */
  readonly address: string;
  readonly isSecure: boolean;
}

export function text(placeholder: string, allowed: string): Kind<string> {
  return { placeholder, allowed, parse: (given) => given };
}

export function whole(min: number, max: number): Kind<number> {
  return {
    placeholder: 'number',
    allowed: `a whole number from ${min} to ${max}`,
    parse(given) {
      const value = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

const spanUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds. */
export const span: Kind<number> = {
  placeholder: 'span',
  allowed: 'a span such as 90s, 15m, 24h or 90d',
  parse(given) {
    const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
    return count === undefined ? undefined : Number(count) * (spanUnits[unit] ?? NaN);
  },
};

const units = new Map([
  ['', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
]);

/** As short as it can be said without rounding. */
export function sizeText(bytes: number): string {
  const [unit, factor] = [...units].findLast(([, each]) => bytes > 0 && bytes % each === 0) ?? ['', 1];
  return `${bytes / factor}${unit}`;
}

/** Bytes. */
export const size: Kind<number> = {
  placeholder: 'size',
  allowed: 'a whole number of bytes, or of KiB, MiB, GiB or TiB like 64KiB, at most 900 TiB',
  parse(given) {
    const [, digits = '', unit = ''] = /^(\d{1,15})(|[KMGT]iB)$/.exec(given) ?? [];
    const bytes = digits === '' ? NaN : Number(digits) * (units.get(unit) ?? NaN);
    return bytes >= 1 && bytes <= 900 * 2 ** 40 ? bytes : undefined;
  },
};

export const bool: Kind<boolean> = {
  placeholder: 'true|false',
  allowed: 'true or false',
  parse: (given) => truths.get(given.toLowerCase()),
};

const truths = new Map<string, boolean>([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
]);

export function oneOf<T extends string>(
  values: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): Kind<T> {
  const known = new Map([...Object.entries(synonyms), ...values.map((value) => [value, value] as const)]);
  return {
    placeholder: values.join('|'),
    allowed: `one of ${values.join(', ')}`,
    parse: (given) => known.get(given.toLowerCase()),
  };
}

export const httpUrl: Kind<string> = {
  placeholder: 'url',
  allowed: 'a URL like http://localhost:4318',
  parse: (given) => (/^https?:$/.test(URL.parse(given)?.protocol ?? '') ? given : undefined),
};

/** Whoever can answer in its place signs what tokens it likes: by TLS, unless it is on this machine. */
export const issuerUrl: Kind<string> = {
  placeholder: 'url',
  allowed: 'an https URL as tokens name it, without a query (http to this machine only)',
  parse(given) {
    const url = /^https?:\/\/[^\s?#]+$/.test(given) ? URL.parse(given) : null;
    if (url?.protocol === 'https:') return given;
    return url && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) ? given : undefined;
  },
};

export const audiences: Kind<readonly string[]> = {
  placeholder: 'audiences',
  allowed: 'texts without spaces, separated by commas',
  parse(given) {
    const texts = given.split(',').map((each) => each.trim());
    return texts.every((each) => /^\S+$/.test(each)) ? texts : undefined;
  },
};

export const addressRanges: Kind<readonly string[]> = {
  placeholder: 'ranges',
  allowed: 'IPv4 and IPv6 addresses and ranges such as 10.1.0.0/16, separated by commas',
  parse(given) {
    const ranges = given.split(',').map((each) => each.trim());
    return ranges.every(isAddressRange) ? ranges : undefined;
  },
};

function isAddressRange(text: string): boolean {
  const [, address = '', prefix] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  // IPv4 is written as IPv4: it counts as that, however it comes.
  return bits > 0 && Number(prefix ?? 0) <= bits && !/^::ffff:[\d.]+$/i.test(address);
}

const failpointPattern = /^([a-z-]+)(?:@([1-9]\d{0,8}))?$/;

export const failpoints: Kind<Failpoints> = {
  placeholder: 'points',
  allowed: `${failpointNames.join(', ')}, each perhaps with @n, separated by commas`,
  parse(given) {
    const points = new Map<Failpoint, number>();
    for (const text of given.split(',')) {
      const [, name, passes] = failpointPattern.exec(text.trim()) ?? [];
      const point = failpointNames.find((known) => known === name);
      if (point === undefined) return undefined;
      points.set(point, Number(passes ?? 1));
    }
    return points;
  },
};

export const schemaName: Kind<string> = {
  placeholder: 'name',
  allowed: 'lower-case letters, digits and _, at most 63, starting with a letter or _, not with pg_',
  parse: (given) => (/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(given) ? given : undefined),
};

/** `_` is left to the names of variables: two stores never share one. */
export const storeNames: Kind<readonly string[]> = {
  placeholder: 'names',
  allowed:
    "names of at most 32 lower-case letters, digits and single - between them, starting with a letter, each once and none 'default', separated by commas",
  parse(given) {
    const names = given.split(',').map((name) => name.trim());
    const areAllowed = names.every((name) =>
      /^(?!default$)(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name),
    );
    return areAllowed && new Set(names).size === names.length ? names : undefined;
  },
};

export const hubNames: Kind<readonly string[]> = {
  placeholder: 'names',
  allowed: 'names of 3 to 64 letters, digits and -, separated by commas',
  parse(given) {
    const names = given.split(',').map((name) => name.trim());
    return names.every((name) => /^[A-Za-z0-9-]{3,64}$/.test(name)) ? [...new Set(names)] : undefined;
  },
};

export const endpoint: Kind<Endpoint> = {
  placeholder: 'host:port',
  allowed: 'host:port, http://host:port or https://host[:port]',
  parse(given) {
    const parts = /^(?:(https?):\/\/)?([\w.-]+|\[[\da-fA-F:.]+\])(?::(\d{1,5}))?\/?$/.exec(given);
    const isSecure = parts?.[1] === 'https';
    const port = Number(parts?.[3] ?? (isSecure ? 443 : NaN));
    return parts && port <= 65_535 ? { address: `${parts[2] ?? ''}:${port}`, isSecure } : undefined;
  },
};

export const hubName: Kind<string> = {
  placeholder: 'name',
  allowed: '1 to 64 printable ASCII characters without a comma',
  parse: (given) => (/^[\x21-\x2b\x2d-\x7e]{1,64}$/.test(given) ? given : undefined),
};

/** The names that the emulator and .NET give to levels. */
export const levelSynonyms = {
  information: 'info',
  warning: 'warn',
  critical: 'fatal',
  none: 'silent',
} as const;
