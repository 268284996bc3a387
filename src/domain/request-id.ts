import { type Ids } from './ids.ts';

const HYPHENED = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const GUID = new RegExp(`^(?:[0-9a-f]{32}|${HYPHENED}|\\{${HYPHENED}\\})$`, 'i');

/** Whether every SDK can read it as a GUID. */
export function isGuid(id: string): boolean {
  return GUID.test(id);
}

/** A new one for a request that has none, or one that .NET couldn't read (entities §1.3). */
export function newRequestId(ids: Pick<Ids, 'executionId'>): string {
  const hex = ids.executionId();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
