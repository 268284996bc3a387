import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy in front of a database that can misbehave like a network does. */
export interface Proxy {
  readonly url: string;
  /** Lets requests through but drops what the server answers. */
  swallowReplies(): void;
  /** Breaks every connection; new ones are refused until `restore`. */
  cut(): void;
  restore(): void;
  close(): void;
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  let isRefusing = false;
  const server = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!isSwallowing) client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = (): void => {
    isRefusing = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    swallowReplies: () => (isSwallowing = true),
    restore: () => (isRefusing = isSwallowing = false),
    close: () => {
      cut();
      server.close();
    },
  };
}
