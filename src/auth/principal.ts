import { reachOf, type Role, type Rpc } from './roles.ts';

/** A role in all task hubs whose names match a pattern. */
export interface Grant {
  readonly role: Role;
  /** `*` stands for any characters, also none: `team-a-*`. */
  readonly hubs: string;
}

/** Who calls. */
export interface Principal {
  /** What their credential is: a key, a token, or the certificate of the connection. */
  readonly knownBy: 'api_key' | 'token' | 'certificate';
  /** The id of the key, the subject of the token, a name of the certificate. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** `hidden`: the caller has no role in the task hub, which looks absent. */
export type Verdict = 'allowed' | 'without-payloads' | 'forbidden' | 'hidden';

/** What somebody may do with an rpc in a task hub. The best of several grants counts. */
export function judge({ grants }: Principal, rpc: Rpc, hub: string): Verdict {
  let verdict: Verdict = 'hidden';
  for (const grant of grants) {
    if (!matches(grant.hubs, hub)) continue;
    const reach = reachOf(grant.role, rpc);
    if (reach === 'all') return 'allowed';
    if (reach === 'without-payloads') verdict = reach;
    else if (verdict === 'hidden') verdict = 'forbidden';
  }
  return verdict;
}

/** Roles that somebody has in a task hub, for people. */
export function rolesIn({ grants }: Principal, hub: string): Role[] {
  return [...new Set(grants.filter(({ hubs }) => matches(hubs, hub)).map(({ role }) => role))];
}

/** Whether a name has the form of a pattern. Takes at most the product of both lengths, whatever the pattern is. */
export function matches(pattern: string, name: string): boolean {
  let [at, star, tried] = [0, -1, 0];
  for (let i = 0; i < name.length;) {
    if (pattern[at] === '*') [star, tried] = [at++, i];
    else if (pattern[at] === name[i]) [at, i] = [at + 1, i + 1];
    else if (star < 0) return false;
    // The last star takes one character more.
    else [at, i] = [star + 1, ++tried];
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
