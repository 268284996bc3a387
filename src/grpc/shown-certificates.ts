import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Socket } from 'node:net';
import { type ServerUnaryCall } from '@grpc/grpc-js';
import { type ShownCertificate } from '../auth/client-certificates.ts';

/** Where Node tells of each connection that a server accepts, before anything is read from it. */
const CHANNEL = 'net.server.socket';

type Call = Pick<ServerUnaryCall<unknown, unknown>, 'getPeer' | 'getAuthContext'>;

interface Peer {
  /** Connections from that address and port: several when they came to several addresses of this machine, or ports. */
  connections: number;
  /** Of the one connection, when it was read; null: it showed none. */
  certificate: ShownCertificate | null | undefined;
}

/**
 * The certificates that clients showed, read once for each connection: gRPC's library would read one anew for each call,
 * which takes 30 microseconds. Calls show of their connection only where it comes from, so a certificate is kept while
 * there is one connection from there, and read anew where there are several.
 */
export class ShownCertificates {
  readonly #peers = new Map<string, Peer>();
  readonly #onConnection = (message: unknown): void => {
    this.#accepted((message as { readonly socket: Socket }).socket);
  };

  constructor() {
    subscribe(CHANNEL, this.#onConnection);
  }

  /** One that an authority of ours signed. */
  of(call: Call): ShownCertificate | undefined {
    const peer = this.#peers.get(call.getPeer());
    if (peer?.connections !== 1) return call.getAuthContext().sslPeerCertificate;
    if (peer.certificate === undefined) peer.certificate = call.getAuthContext().sslPeerCertificate ?? null;
    return peer.certificate ?? undefined;
  }

  close(): void {
    unsubscribe(CHANNEL, this.#onConnection);
    this.#peers.clear();
  }

  #accepted(socket: Socket): void {
    const key = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    const peer = this.#peers.get(key) ?? { connections: 0, certificate: undefined };
    peer.connections++;
    peer.certificate = undefined;
    this.#peers.set(key, peer);
    socket.once('close', () => {
      peer.connections--;
      peer.certificate = undefined;
      if (peer.connections === 0 && this.#peers.get(key) === peer) this.#peers.delete(key);
    });
  }
}
