import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { must } from '../../src/lib/assert.ts';
import { until } from '../helpers/until.ts';

/** A way between a server and everybody else: its two addresses. */
export interface Link {
  readonly inside: string;
  readonly outside: string;
}

/** Nobody has it: who sends there is told nothing. */
const NOBODY = '02:00:00:00:00:01';
/** For measurements between networks: nothing of the world is there. Each server takes eight addresses of it. */
const [BLOCK, BLOCKS, SIZE] = [198 * 2 ** 24 + 18 * 2 ** 16, 2 ** 14, 8];
const MOST_SERVERS = 3;

/**
 * A network namespace for one server, with a cable to ours. Its packets can be made to vanish in both directions: they
 * leave, and are addressed to nobody. Connections are neither closed nor reset. That takes root; nothing is left of it
 * when we are gone, however that comes.
 */
export class Network {
  /** Whatever is run after these words is inside. */
  readonly enter: readonly string[];
  /** The server's way to PostgreSQL. */
  readonly database: Link;
  /** The way of clients and workers to the server. */
  readonly clients: Link;
  readonly #holder: ChildProcess;
  readonly #cable: string;

  static async start(number: number): Promise<Network> {
    // It lives as long as its input is open, and the namespace as long as it.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(must(holder.stdout, 'standard output'), 'data');
    const network = new Network(holder, number);
    await network.#connect();
    return network;
  }

  private constructor(holder: ChildProcess, number: number) {
    const pid = must(holder.pid, 'a process');
    this.#holder = holder;
    this.#cable = `faults-${pid}`;
    this.enter = ['nsenter', `--net=/proc/${pid}/ns/net`];
    const first = BLOCK + ((process.pid * MOST_SERVERS + number) % BLOCKS) * SIZE;
    this.database = { outside: addressOf(first + 1), inside: addressOf(first + 2) };
    this.clients = { outside: addressOf(first + 5), inside: addressOf(first + 6) };
  }

  /** Whatever travels that way vanishes. */
  cut({ inside, outside }: Link): void {
    const to = (address: string, device: string): string[] => [
      ...['neigh', 'replace', address, 'lladdr', NOBODY, 'dev', device, 'nud', 'permanent'],
    ];
    this.#outside(to(inside, this.#cable));
    this.#inside(to(outside, 'eth0'));
  }

  restore({ inside, outside }: Link): void {
    // They are asked for once more.
    this.#outside(['neigh', 'flush', 'to', inside, 'dev', this.#cable, 'nud', 'permanent']);
    this.#inside(['neigh', 'flush', 'to', outside, 'dev', 'eth0', 'nud', 'permanent']);
  }

  close(): void {
    this.#holder.kill('SIGKILL');
  }

  async #connect(): Promise<void> {
    const pid = String(this.#holder.pid);
    this.#outside(['link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid]);
    for (const { inside, outside } of [this.database, this.clients]) {
      this.#outside(['address', 'add', `${outside}/30`, 'dev', this.#cable]);
      this.#inside(['address', 'add', `${inside}/30`, 'dev', 'eth0']);
    }
    this.#outside(['link', 'set', this.#cable, 'up']);
    this.#inside(['link', 'set', 'eth0', 'up']);
    await until(() => this.#outside(['link', 'show', this.#cable]).includes('LOWER_UP'), 'the cable');
  }

  #outside(args: readonly string[]): string {
    return execFileSync('ip', args, { encoding: 'utf8' });
  }

  #inside(args: readonly string[]): void {
    const [command = '', ...words] = this.enter;
    execFileSync(command, [...words, 'ip', ...args]);
  }
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.');
}
