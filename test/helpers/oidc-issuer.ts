import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

/** What is unusual about a token. */
export interface TokenOptions {
  readonly expiresInSeconds?: number;
  readonly audience?: string;
  readonly issuer?: string;
}

/** An OIDC issuer with keys of its own, on a port of this machine. */
export class OidcIssuer {
  readonly url: string;
  /** How often its keys were read. */
  keyReads = 0;
  readonly #server: Server;
  #keyId = 0;
  #key: CryptoKey | undefined;
  #published: JWK | undefined;

  static async start(port = 0): Promise<OidcIssuer> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new OidcIssuer(server);
    await issuer.rotate();
    return issuer;
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
    server.on('request', ({ url }, response) => {
      const path = url?.replace(/^\/realm/, '');
      const discovery = { issuer: this.url, jwks_uri: `${this.url}/keys` };
      if (path === '/keys') this.keyReads++;
      const body = path === '/keys' ? { keys: [this.#published] } : discovery;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  /** Another key from now on; the former one is published no more. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.#key = privateKey;
    this.#published = {
      ...(await exportJWK(publicKey)),
      kid: String(++this.#keyId),
      use: 'sig',
      alg: 'ES256',
    };
  }

  /** What anybody can read of the key that signs. */
  get published(): JWK {
    return this.#published ?? {};
  }

  async token(
    claims: JWTPayload,
    { expiresInSeconds = 600, audience = 'https://durabletask.io', issuer = this.url }: TokenOptions = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sub: 'somebody', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: String(this.#keyId) })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds)
      .sign(this.#key ?? new Uint8Array());
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
