/**
 * An IRC client over TLS that does as little as possible.
 *
 * @module
 */

import { noDelay } from "../../transport/no_delay.ts";
import { writeAll } from "../../transport/write_all.ts";
import { BodyScanner } from "./body_scanner.ts";
import { readCode } from "./code.ts";
import type { Destination, Peer, Receiving } from "./target.ts";

const READ_OCTETS = 262_144;
const LINE_FEED = 0x0a;

/** The channel of all. */
export const CHANNEL = "#load";

const BODY = " :";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where to connect. */
export interface IrcAddress {
  /** TLS port on localhost. */
  readonly port: number;
  /** The certificate that is trusted, PEM. */
  readonly certificate: string;
}

/** One connection. */
export class IrcPeer implements Peer {
  readonly #conn: Deno.TlsConn;
  readonly #scanner = new BodyScanner(BODY);
  #waiting = "";
  #writing = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(conn: Deno.TlsConn) {
    this.#conn = conn;
  }

  /** Connects, registers a nick, joins the channel. */
  static async join({ port, certificate }: IrcAddress, nick: string): Promise<IrcPeer> {
    const plain = await Deno.connect({ hostname: "127.0.0.1", port });
    noDelay(plain);
    const conn = await Deno.startTls(plain, { hostname: "localhost", caCerts: [certificate] });
    const peer = new IrcPeer(conn);
    await writeAll(conn, encoder.encode(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`));
    await peer.#until(/ 00[14] /);
    await writeAll(conn, encoder.encode(`JOIN ${CHANNEL}\r\n`));
    await peer.#until(/ 366 /);
    return peer;
  }

  /** Begins to receive. */
  receive(receiving: Receiving): void {
    this.#running = this.#run(receiving).catch((error) => {
      if (!this.#closed) receiving.failed(error);
    });
  }

  /** Queues a message. */
  post(to: Destination, body: string): void {
    this.#say(`PRIVMSG ${to.kind === "channel" ? CHANNEL : to.name} :${body}\r\n`);
  }

  /** Nothing: looking costs little here. */
  defer(): void {}

  /**
   * Asks for a sign of life: over TLS, ngIRCd leaves the last lines it has read until something else comes.
   */
  settle(): Promise<void> {
    this.#say("PING :end\r\n");
    return Promise.resolve();
  }

  /** Closes without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#conn.close();
    await this.#running;
  }

  #say(line: string): void {
    this.#waiting += line;
    if (this.#writing) return;
    this.#writing = true;
    queueMicrotask(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await writeAll(this.#conn, encoder.encode(text));
      }
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.#writing = false;
    }
  }

  async #until(expected: RegExp): Promise<void> {
    const buffer = new Uint8Array(READ_OCTETS);
    let text = "";
    while (!expected.test(text)) {
      const octets = await this.#conn.read(buffer);
      if (octets === null) throw new Error(`Cannot join: ${text}`);
      text += decoder.decode(buffer.subarray(0, octets));
      const ping = /^PING (.*)\r$/m.exec(text);
      if (ping !== null) {
        await writeAll(this.#conn, encoder.encode(`PONG ${ping[1]}\r\n`));
        text = text.replace(ping[0], "");
      }
    }
  }

  async #run({ arrive, deliver }: Receiving): Promise<void> {
    const buffer = new Uint8Array(READ_OCTETS);
    let kept = 0;
    while (true) {
      const octets = await this.#conn.read(buffer.subarray(kept));
      if (octets === null) throw new Error("the server has closed");
      arrive();
      const length = kept + octets;
      const end = buffer.subarray(0, length).lastIndexOf(LINE_FEED) + 1;
      this.#answer(buffer, end);
      this.#scanner.scan(buffer, { end, found: (at) => deliver(readCode(buffer, at)) });
      buffer.copyWithin(0, end, length);
      kept = length - end;
    }
  }

  /** A ping comes alone, when nothing else does. */
  #answer(buffer: Uint8Array, end: number): void {
    if (end > 200 || buffer[0] !== 0x50) return;
    const [, token] = /^PING (.*)\r$/m.exec(decoder.decode(buffer.subarray(0, end))) ?? [];
    if (token !== undefined) this.#say(`PONG ${token}\r\n`);
  }
}
