import { type Settings } from '../../config.ts';
import { runningUrl } from '../../postgres/embedded-holder.ts';

export interface Database {
  readonly url: string;
  /** Where it is, for people: without a password. */
  readonly shown: string;
  /** Of an embedded PostgreSQL. */
  readonly dataDir: string | undefined;
}

/** One's own database, else the embedded one that runs on one of the data folders. */
export function findDatabase(
  { databaseUrl }: Pick<Settings, 'databaseUrl'>,
  dataDirs: readonly string[],
): Database | undefined {
  if (databaseUrl !== undefined) {
    return { url: databaseUrl, shown: withoutPassword(databaseUrl), dataDir: undefined };
  }
  for (const folder of dataDirs) {
    const url = runningUrl(folder);
    if (url !== undefined) return { url, shown: `embedded, in ${folder}`, dataDir: folder };
  }
  return undefined;
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || '5432'}${pathname}`;
}
