import { readFileSync } from 'node:fs';

/** The most memory that a process ever had resident, in bytes. */
export function peakResidentBytes(pid: number): number {
  return parsePeak(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** Reads the text of /proc/PID/status. */
export function parsePeak(text: string): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(text)?.[1]) * 1024;
}
