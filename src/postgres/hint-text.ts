import { instanceId } from '../domain/ids.ts';
import { type Hint } from '../domain/store.ts';

/** PostgreSQL takes payloads shorter than this. */
const PAYLOAD_BYTES = 7_900;

/**
 * Packs hints into as few payloads as fit: a line names the sender, each further line is a hint as a JSON array whose
 * first item is the first letter of its kind. Without hints it is a greeting.
 */
export function encodeHints(from: number, hints: readonly Hint[]): string[] {
  const payloads: string[] = [];
  let payload = String(from);
  let bytes = payload.length;
  for (const hint of hints) {
    const line = `\n${JSON.stringify(pack(hint))}`;
    const lineBytes = Buffer.byteLength(line);
    if (bytes + lineBytes > PAYLOAD_BYTES) {
      payloads.push(payload);
      payload = String(from);
      bytes = payload.length;
    }
    if (bytes + lineBytes > PAYLOAD_BYTES) continue;
    payload += line;
    bytes += lineBytes;
  }
  payloads.push(payload);
  return payloads;
}

type Packed = readonly (string | number)[];

function pack(hint: Hint): Packed {
  switch (hint.kind) {
    case 'bell':
      return ['b', hint.partition, hint.key, hint.owner];
    case 'work':
      return ['w', hint.hubId, hint.item];
    case 'changed':
      return ['c', hint.hubId, hint.id];
    case 'ended':
      return ['e', hint.activityKey, hint.owner];
    case 'stored':
    case 'timers':
    case 'echo':
      return [hint.kind, hint.owner];
    case 'hubs':
      return ['hubs'];
  }
}

/** What can't be understood (a newer replica's) is left out. */
export function decodeHints(payload: string): { from: number; hints: Hint[] } {
  const [from, ...lines] = payload.split('\n');
  const hints = lines.map(unpack).filter((hint) => hint !== undefined);
  return { from: Number(from), hints };
}

function unpack(line: string): Hint | undefined {
  const packed: unknown = JSON.parse(line);
  if (!Array.isArray(packed)) return undefined;
  const [kind, ...rest] = packed as unknown[];
  const number = (at: number): number => Number(rest[at]);
  switch (kind) {
    case 'b':
      return { kind: 'bell', partition: number(0), key: number(1), owner: number(2) };
    case 'w':
      return toWork(number(0), rest[1]);
    case 'c':
      return { kind: 'changed', hubId: number(0), id: instanceId(String(rest[1])) };
    case 'e':
      return { kind: 'ended', activityKey: number(0), owner: number(1) };
    case 'stored':
    case 'timers':
    case 'echo':
      return { kind, owner: number(0) };
    case 'hubs':
      return { kind };
    default:
      return undefined;
  }
}

function toWork(hubId: number, item: unknown): Hint | undefined {
  return item === 'orchestration' || item === 'entity' || item === 'activity' || item === 'engine'
    ? { kind: 'work', hubId, item }
    : undefined;
}
