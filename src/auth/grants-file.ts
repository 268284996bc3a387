import { StartupError } from '../lib/startup-error.ts';
import { type Grant } from './principal.ts';
import { isRole, roles } from './roles.ts';

/** Whose token has that value in that claim, alone or in a list. */
export interface TokenGrant extends Grant {
  readonly claim: string;
  readonly value: string;
}

/** Whose certificate has that name: its common name, or an alternative one. */
export interface CertificateGrant extends Grant {
  readonly name: string;
}

export interface GrantTable {
  readonly tokens: readonly TokenGrant[];
  readonly certificates: readonly CertificateGrant[];
}

/** Reads the text of a file that says what callers with tokens and certificates may do. Throws a `StartupError`. */
export function parseGrants(text: string): GrantTable {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const { tokens = [], certificates = [], ...rest } = recordOf(document, 'the file');
  refuseMore(rest, 'the file');
  return {
    tokens: listOf(tokens, 'tokens').map((row, at) => {
      const { claim, value, ...grant } = recordOf(row, `tokens[${at}]`);
      const where = `tokens[${at}]`;
      return {
        ...grantOf(grant, where),
        claim: textOf(claim, `${where}.claim`),
        value: textOf(value, `${where}.value`),
      };
    }),
    certificates: listOf(certificates, 'certificates').map((row, at) => {
      const { name, ...grant } = recordOf(row, `certificates[${at}]`);
      const where = `certificates[${at}]`;
      return { ...grantOf(grant, where), name: textOf(name, `${where}.name`) };
    }),
  };
}

function grantOf({ role, hubs, ...rest }: Readonly<Record<string, unknown>>, where: string): Grant {
  refuseMore(rest, where);
  const name = textOf(role, `${where}.role`);
  if (!isRole(name)) throw invalid(`${where}.role is '${name}', and is one of ${roles.join(', ')}`);
  return { role: name, hubs: textOf(hubs, `${where}.hubs`) };
}

function refuseMore(rest: Readonly<Record<string, unknown>>, where: string): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw invalid(`${where} has '${name}', which means nothing here`);
}

function recordOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${where} is not an object`);
  }
  return { ...value };
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`);
  return value;
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(`${where} is not a text`);
  return value;
}

function invalid(reason: string): StartupError {
  return new StartupError(`PERDURA_GRANTS_FILE can't be used: ${reason}`);
}
