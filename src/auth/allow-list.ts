// Addresses that may connect. A connection from elsewhere is closed when it is accepted: nothing of it is read, also no
// handshake of TLS, and no call of it is seen. Node tells of each connection that a server of this process accepts, which is
// the one place that has those of gRPC's library as well.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BlockList, isIPv4, type Socket } from 'node:net';

const CHANNEL = 'net.server.socket';

export class AllowList {
  readonly #v4 = new BlockList();
  readonly #v6 = new BlockList();
  readonly #ports = new Set<number>();
  readonly #onRefused: (address: string) => void;
  readonly #onConnection = (message: unknown): void => {
    this.#accepted((message as { readonly socket: Socket }).socket);
  };

  /** `ranges`: addresses and CIDR ranges, IPv4 and IPv6. `onRefused` is told of each connection that is closed. */
  constructor(ranges: readonly string[], onRefused: (address: string) => void) {
    for (const range of ranges) this.#add(range);
    this.#onRefused = onRefused;
    subscribe(CHANNEL, this.#onConnection);
  }

  /** From now on a port of this process is for these addresses only; 0 is none. */
  guard(port: number): void {
    if (port > 0) this.#ports.add(port);
  }

  /** Whether an address may connect, as Node writes it. One of IPv4 that came by IPv6 (`::ffff:10.0.0.1`) is one of IPv4. */
  allows(address: string): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIPv4(plain) ? this.#v4.check(plain) : this.#v6.check(plain, 'ipv6');
  }

  close(): void {
    unsubscribe(CHANNEL, this.#onConnection);
  }

  #add(range: string): void {
    const [address = '', prefix] = range.split('/');
    const isV4 = isIPv4(address);
    // Two lists: in one, ::/0 would be everybody, and 0.0.0.0/0 nobody who came by IPv6.
    const list = isV4 ? this.#v4 : this.#v6;
    list.addSubnet(address, Number(prefix ?? (isV4 ? 32 : 128)), isV4 ? 'ipv4' : 'ipv6');
  }

  #accepted(socket: Socket): void {
    const { localPort = 0, remoteAddress = '' } = socket;
    if (!this.#ports.has(localPort) || this.allows(remoteAddress)) return;
    socket.destroy();
    this.#onRefused(remoteAddress);
  }
}
