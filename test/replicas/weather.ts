import { type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** What a network does to bytes without losing any. */
export interface Weather {
  /** How long the next bytes are under way. */
  readonly delayMs: () => number;
  /** How many bytes the next packet has; whole ones when unset. */
  readonly packetBytes?: () => number;
}

/** One direction of a connection. Bytes arrive in order, also those that were sent in another weather. */
export class Way {
  readonly #socket: Socket;
  readonly #weather: () => Weather | undefined;
  #underWay: Promise<void> | undefined;

  constructor(socket: Socket, weather: () => Weather | undefined) {
    this.#socket = socket;
    this.#weather = weather;
  }

  send(bytes: Buffer): void {
    const weather = this.#weather();
    if (!weather && !this.#underWay) {
      this.#socket.write(bytes);
      return;
    }
    const arrival = (this.#underWay ?? Promise.resolve()).then(() => this.#deliver(bytes, weather));
    this.#underWay = arrival;
    void arrival.then(() => {
      if (this.#underWay === arrival) this.#underWay = undefined;
    });
  }

  async #deliver(bytes: Buffer, weather: Weather | undefined): Promise<void> {
    if (weather) await pause(weather.delayMs());
    const packetBytes = weather?.packetBytes ?? (() => bytes.length);
    for (let at = 0; at < bytes.length && !this.#socket.destroyed;) {
      const end = at + packetBytes();
      this.#socket.write(bytes.subarray(at, end));
      at = end;
      if (end < bytes.length) await turn();
    }
  }
}
