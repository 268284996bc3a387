#!/usr/bin/env node
// Perdura runs on Node 24. Where the machine has an older Node, this finds the one that npm installed beside us.
//   start.mjs COMMAND …      runs perdura
//   start.mjs --run TOOL …   runs a development tool of node_modules on the same Node
//   start.mjs --watch …      runs perdura and restarts it when a source file changes
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const built = join(root, 'dist', 'main.js');
const main = existsSync(join(root, 'src', 'main.ts')) ? join(root, 'src', 'main.ts') : built;
const [first, ...rest] = process.argv.slice(2);
const isModern = Number(process.versions.node.split('.')[0]) >= 24;
// Without a bound on the space for young objects a busy server grows beyond 400 MB. Node takes it only when it starts, so
// we start another one, unless whoever started us has chosen a size.
const heapFlag = '--max-semi-space-size';
const isSized = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flag) => flag.includes(heapFlag));
const heap = !isSized && ['dev', 'serve', 'bench', '--watch'].includes(first) ? [`${heapFlag}=32`] : [];
// Once it has freed a large buffer, glibc takes the next ones from its heap, which they break into pieces that never go
// back: beside large payloads a server grew to 360 MB of which 50 were in use. These keep it from that.
const allocator = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '2' };

const args =
  first === '--run'
    ? [join(root, 'node_modules', '.bin', rest[0] ?? ''), ...rest.slice(1)]
    : first === '--watch'
      ? ['--watch', main, ...rest]
      : [main, ...(first === undefined ? [] : [first]), ...rest];

function findNode() {
  if (isModern) return process.execPath;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const bundled = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', name);
  if (existsSync(bundled)) return bundled;
  process.stderr.write(
    `perdura: Node 24 or newer is needed, this is ${process.version}; install it, or run "npm ci" with optional packages on Linux.\n`,
  );
  process.exit(1);
}

// npm passes a signal to the shell between us and it, and the shell dies without telling us. What we send then must not
// count as a second Ctrl-C: a hang-up only ever asks to stop.
function stopWithShell(stop) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    stop();
  }, 200);
  timer.unref();
}

const node = findNode();
if (isModern && heap.length === 0 && args[0] === main) {
  process.argv = [process.execPath, main, ...args.slice(1)];
  stopWithShell(() => process.kill(process.pid, 'SIGHUP'));
  await import(main);
} else {
  const env = { ...allocator, ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` };
  // The channel tells the server when we are gone, even by kill -9: it must not live on without us.
  const stdio = first === '--run' ? 'inherit' : ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(node, [...heap, ...args], { stdio, env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithShell(() => child.kill('SIGHUP'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
