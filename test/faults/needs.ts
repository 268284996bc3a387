import { spawnSync } from 'node:child_process';
import { hasEarlier } from './earlier.ts';

/** What some faults take, and not every machine or every run has. */
export type Need = 'disk' | 'networks' | 'clocks' | 'earlier version';

/** Says what keeps this machine from having it; nothing when it can. */
const obstacles: Readonly<Record<Need, () => string | undefined>> = {
  /** Of PostgreSQL's own, small enough to be filled. */
  disk: () => (isRoot() && canMount() ? undefined : 'takes root, and leave to mount'),
  /** A network namespace for each server. */
  networks: () =>
    isRoot() && canCable() ? undefined : 'takes root, and tools and leave to make network namespaces',
  /** A calendar for each server. */
  clocks: () => undefined,
  /** Of the program, from the history of this checkout. */
  'earlier version': () =>
    hasEarlier() ? undefined : 'takes a checkout with the history that test/faults/earlier-version is in',
};

export function obstacleTo(need: Need): string | undefined {
  return obstacles[need]();
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function canMount(): boolean {
  const script =
    'folder=$(mktemp -d) && mount -t tmpfs -o size=1m probe $folder && umount $folder && rmdir $folder';
  return spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status === 0;
}

function canCable(): boolean {
  const cable = `probe-${process.pid}`;
  const script = `unshare --net true && nsenter --net=/proc/$$/ns/net true &&
    ip link add ${cable} type veth peer name ${cable}p && ip link delete ${cable}`;
  return spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status === 0;
}
