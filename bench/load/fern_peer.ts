/**
 * A Fernchat client that does as little as possible: it logs in, sends, opens every frame that comes and
 * finds the bodies in it.
 *
 * @module
 */

import { ClientHandshake } from "../../cipher/client_handshake.ts";
import { frameCipher } from "../../cipher/frame_cipher.ts";
import type { Session } from "../../cipher/session.ts";
import { joinFrame } from "../../protocol/frame.ts";
import { noDelay } from "../../transport/no_delay.ts";
import { writeAll } from "../../transport/write_all.ts";
import {
  loginSignature,
  registerFrame,
  type TestAccount,
} from "../../tests/testing/test_account.ts";
import { BodyScanner } from "./body_scanner.ts";
import { readCode } from "./code.ts";
import { LineStore } from "./line_store.ts";
import type { Destination, Peer, Receiving } from "./target.ts";

const READ_OCTETS = 262_144;
const LINE_FEED = 0x0a;
const BODY = '"';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An object from the server. */
export interface Answer {
  /** Its type. */
  readonly t: string;
  /** Whatever else it has. */
  readonly [field: string]: unknown;
}

/** One connection. */
export class FernPeer implements Peer {
  readonly #conn: Deno.TcpConn;
  readonly #scanner = new BodyScanner(BODY);
  #session: Session | null = null;
  #lines: Uint8Array[] = [];
  #rest: Uint8Array = new Uint8Array(0);
  #buffer = new Uint8Array(16_384);
  #waiting: string[] = [];
  #writing = false;
  #messages = 0;
  /** Lines that are opened after the run, or `null`. */
  #kept: LineStore | null = null;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    noDelay(conn);
  }

  /** Connects and does the handshake. */
  static async connect(port: number): Promise<FernPeer> {
    const peer = new FernPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
    const handshake = await ClientHandshake.start({});
    await writeAll(peer.#conn, encoder.encode(`${handshake.helloLine}\n`));
    await handshake.readServerHello(decoder.decode(await peer.#line()));
    peer.#session = await handshake.readServerAuth(decoder.decode(await peer.#line()));
    return peer;
  }

  /** Makes an account, or logs in to it. */
  async enter(account: TestAccount): Promise<void> {
    const { known } = await this.ask({ t: "auth", user: account.user });
    const frame = known === true
      ? { t: "login", sig: await loginSignature(account, this.session) }
      : await registerFrame(account, this.session);
    const answer = await this.ask(frame);
    if (answer.t !== "welcome") throw new Error(`Cannot log in: ${JSON.stringify(answer)}`);
  }

  /** What the handshake agreed on. */
  get session(): Session {
    if (this.#session === null) throw new Error("Cannot use session: no handshake yet");
    return this.#session;
  }

  /** Sends a frame and reads until something answers it: before `receive` only. */
  async ask(frame: Answer): Promise<Answer> {
    await writeAll(this.#conn, encoder.encode(`${await this.#seal(frame)}\n`));
    while (true) {
      const text = decoder.decode(await this.#open(await this.#line()));
      const answer: Answer = JSON.parse(text);
      const all = answer.t === "batch" ? answer["m"] as Answer[] : [answer];
      const found = all.find(({ t, re }) =>
        frame["id"] === undefined ? t !== "joined" : re === frame["id"]
      );
      if (found !== undefined) return found;
    }
  }

  /** Asks one after the other; refusals are errors. */
  async askAll(frames: readonly Answer[]): Promise<void> {
    for (const frame of frames) {
      const answer = await this.ask(frame);
      if (answer.t !== "ok") throw new Error(`Refused: ${JSON.stringify(answer)}`);
    }
  }

  /** Begins to receive. */
  receive(receiving: Receiving, { bufferOctets = READ_OCTETS } = {}): void {
    this.#buffer = new Uint8Array(bufferOctets);
    this.#running = this.#run(receiving).catch((error) => {
      if (!this.#closed) receiving.failed(error);
    });
  }

  /** Opens nothing from now on: what comes is kept. */
  defer(): void {
    this.#kept ??= new LineStore();
  }

  /** Opens what was kept, and from now on what comes. */
  async settle({ arrive, deliver }: Receiving): Promise<void> {
    while (this.#kept !== null) {
      const lines = this.#kept.take();
      if (lines.length === 0) this.#kept = null;
      for (const line of lines) await this.#read(line, { arrive, deliver });
    }
  }

  /** Queues a message. */
  post(to: Destination, body: string): void {
    const id = `m${this.#messages++}`;
    const sealed = to.kind === "channel" ? {} : to.sealed ?? {};
    const fields = to.kind === "channel"
      ? { to: "lobby" }
      : { to: to.name, kind: to.kind === "group" ? "group" : undefined };
    this.say({ t: "send", id, ...fields, ...sealed, body });
  }

  /** Queues any frame. */
  say(frame: Answer): void {
    const token = this.#seal(frame);
    if (typeof token !== "string") throw new Error("Cannot say: longer than the generator sends");
    this.#waiting.push(`${token}\n`);
    if (this.#writing) return;
    this.#writing = true;
    queueMicrotask(() => void this.#flush());
  }

  /** Closes without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#conn.close();
    await this.#running;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const text = this.#waiting.join("");
        this.#waiting = [];
        await writeAll(this.#conn, encoder.encode(text));
      }
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.#writing = false;
    }
  }

  #seal(frame: Answer): string | Promise<string> {
    const plaintext = joinFrame([encoder.encode(JSON.stringify(frame))]);
    return frameCipher.seal(this.session.sending.next(), plaintext);
  }

  async #open(line: Uint8Array): Promise<Uint8Array> {
    return await frameCipher.open(this.session.receiving.next(), decoder.decode(line));
  }

  async #run(receiving: Receiving): Promise<void> {
    while (true) {
      const line = await this.#line();
      if (this.#kept === null) await this.#read(line, receiving);
      else this.#kept.push(line);
    }
  }

  async #read(
    line: Uint8Array,
    { arrive, deliver }: Pick<Receiving, "arrive" | "deliver">,
  ): Promise<void> {
    const plaintext = await this.#open(line);
    arrive();
    const count = this.#scanner.scan(plaintext, {
      end: plaintext.length,
      found: (at) => deliver(readCode(plaintext, at)),
    });
    if (count === 0) this.#notice(decoder.decode(plaintext));
  }

  /** What is no message: pings are answered, errors end the run. */
  #notice(text: string): void {
    if (text.includes('"t":"ping"')) this.say({ t: "pong" });
    if (text.includes('"t":"error"')) throw new Error(text.trim());
  }

  async #line(): Promise<Uint8Array> {
    while (true) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      const octets = await this.#conn.read(this.#buffer);
      if (octets === null) throw new Error("the server has closed");
      this.#cut(this.#buffer.subarray(0, octets));
    }
  }

  #cut(piece: Uint8Array): void {
    let start = 0;
    while (true) {
      const end = piece.indexOf(LINE_FEED, start);
      if (end === -1) break;
      const part = piece.slice(start, end);
      this.#lines.push(this.#rest.length === 0 ? part : joined(this.#rest, part));
      this.#rest = new Uint8Array(0);
      start = end + 1;
    }
    if (start < piece.length) this.#rest = joined(this.#rest, piece.subarray(start));
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
