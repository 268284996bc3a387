import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, on every architecture that Node runs on. */
const MS_PER_TICK = 10;

/** Processor time of a process so far. */
interface ProcessTimes {
  readonly parent: number;
  /** In user and kernel mode, in milliseconds. */
  readonly ownMs: number;
  /** Of its children that have ended. */
  readonly endedChildrenMs: number;
}

/** Reads the text of /proc/PID/stat. */
export function parseStat(text: string): ProcessTimes {
  // The second field is the program's name in parentheses, and may contain anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return {
    parent,
    ownMs: (user + system) * MS_PER_TICK,
    endedChildrenMs: (childUser + childSystem) * MS_PER_TICK,
  };
}

/** Processor time of one process so far, in milliseconds. */
export function cpuOfProcess(pid: number): number {
  return timesOf(pid)?.ownMs ?? 0;
}

/** Processor time of a process and its children so far, those that have ended included, in milliseconds. */
export function cpuOfFamily(pid: number): number {
  let totalMs = 0;
  for (const entry of readdirSync('/proc')) {
    const times = /^\d+$/.test(entry) ? timesOf(Number(entry)) : undefined;
    if (Number(entry) === pid) totalMs += (times?.ownMs ?? 0) + (times?.endedChildrenMs ?? 0);
    else if (times?.parent === pid) totalMs += times.ownMs;
  }
  return totalMs;
}

/** Processor time that the whole machine has used so far, in milliseconds. */
export function cpuOfMachine(): number {
  return parseMachineStat(readFileSync('/proc/stat', 'utf8'));
}

/** Reads the text of /proc/stat: the time in which something ran, or another machine on the same hardware. */
export function parseMachineStat(text: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] =
    /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? [];
  return (user + nice + system + irq + softIrq + stolen) * MS_PER_TICK;
}

function timesOf(pid: number): ProcessTimes | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
