/**
 * A client that does only what it is told, octet by octet if need be: for playing a hostile peer, and
 * a well-behaved one beside it.
 *
 * It reads with its own code, so that a fault in `transport/` does not hide itself. A connection that
 * is reset counts as ended: before the handshake, and from a peer who goes on sending for two seconds
 * after the goodbye, the server closes whatever is unread.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import { ClientHandshake, type ClientHandshakeOptions } from "../../cipher/client_handshake.ts";
import type { Session } from "../../cipher/session.ts";
import { loginSignature, registerFrame, type TestAccount, testAccount } from "./test_account.ts";
import { within } from "./within.ts";

/** An object from the server. */
export interface Frame {
  /** Its type. */
  readonly t: string;
  /** Whatever else it has. */
  readonly [field: string]: unknown;
}

/** Milliseconds for whatever is awaited. */
const PATIENCE_MS = 10_000;

const LINE_FEED = 0x0a;

/** A client under the control of a test. */
export class RawPeer implements Disposable {
  readonly #conn: Deno.TcpConn;
  #read: Uint8Array[] = [];
  #ended = false;
  #session: Session | null = null;
  readonly #keysRead: Uint8Array[] = [];
  #frames: Frame[] = [];

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects and says nothing. */
  static async connect({ port }: { readonly port: number }): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and does the handshake. */
  static async handshaken(
    server: { readonly port: number },
    options: ClientHandshakeOptions = {},
  ): Promise<RawPeer> {
    const peer = await RawPeer.connect(server);
    const handshake = await ClientHandshake.start(options);
    await peer.writeLine(handshake.helloLine);
    await peer.finish(handshake);
    return peer;
  }

  /** Connects and makes an account. */
  static async registered(
    server: { readonly port: number },
    account: TestAccount,
  ): Promise<RawPeer> {
    const peer = await RawPeer.handshaken(server);
    strictEqual((await peer.ask({ t: "auth", user: account.user }))["known"], false);
    strictEqual((await peer.ask(await registerFrame(account, peer.session))).t, "welcome");
    return peer;
  }

  /** Connects and makes an account of this name that nobody logs in to again. */
  static async named(server: { readonly port: number }, user: string): Promise<RawPeer> {
    return await RawPeer.registered(server, await testAccount(user));
  }

  /** Connects and logs in. */
  static async loggedIn(server: { readonly port: number }, account: TestAccount): Promise<RawPeer> {
    const peer = await RawPeer.handshaken(server);
    strictEqual((await peer.ask({ t: "auth", user: account.user }))["known"], true);
    const sig = await loginSignature(account, peer.session);
    strictEqual((await peer.ask({ t: "login", sig })).t, "welcome");
    return peer;
  }

  /** What the handshake agreed on. */
  get session(): Session {
    if (this.#session === null) throw new Error("Cannot use session: no handshake yet");
    return this.#session;
  }

  /** Reads the answer to a hello. */
  async finish(handshake: ClientHandshake): Promise<Session> {
    await handshake.readServerHello(await this.#mustHaveLine());
    this.#session = await handshake.readServerAuth(await this.#mustHaveLine());
    return this.#session;
  }

  /** Writes octets, or the UTF-8 of a text. Nothing is reported where the server is gone. */
  async write(data: Uint8Array | string): Promise<void> {
    const octets = typeof data === "string" ? new TextEncoder().encode(data) : data;
    try {
      for (let done = 0; done < octets.length;) {
        done += await this.#conn.write(octets.subarray(done));
      }
    } catch {
      // The test looks at what comes back, and there is an end.
    }
  }

  /** Writes a line. */
  async writeLine(line: string): Promise<void> {
    await this.write(`${line}\n`);
  }

  /** Ends the own direction. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /**
   * Seals a plaintext under the next key of this direction.
   *
   * @param plaintext JSON text or any octets; nothing is padded.
   * @param options `now`: Unix seconds of the token.
   * @returns The line, without line feed.
   */
  async seal(
    plaintext: string | Uint8Array,
    options: { readonly now?: number } = {},
  ): Promise<string> {
    const octets = typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
    return await seal(await importKey(this.session.sending.next()), octets, options);
  }

  /** Sends a frame with exactly this plaintext. */
  async sendPlain(plaintext: string | Uint8Array): Promise<void> {
    await this.writeLine(await this.seal(plaintext));
  }

  /** Sends frame objects in one segment. */
  async send(...frames: readonly Frame[]): Promise<void> {
    let lines = "";
    for (const frame of frames) lines += `${await this.seal(JSON.stringify(frame))}\n`;
    await this.write(lines);
  }

  /** Tells the key of the server's next frame, which `frame` will still use. */
  peekKey(): Uint8Array {
    const key = this.#nextKey();
    this.#keysRead.unshift(key.slice());
    return key;
  }

  /** Reads a line, or `null` at the end. */
  async line(): Promise<string | null> {
    return await within(PATIENCE_MS, this.#line());
  }

  /** Reads a frame object, batches taken apart, or `null` at the end. */
  async frame(): Promise<Frame | null> {
    while (this.#frames.length === 0) {
      const line = await this.line();
      if (line === null) return null;
      const plaintext = await open(await importKey(this.#nextKey()), line);
      const frame: Frame = JSON.parse(new TextDecoder().decode(plaintext));
      const frames = frame.t === "batch" ? frame["m"] as Frame[] : [frame];
      this.#frames = frames.flatMap(messagesIn);
    }
    return this.#frames.shift() ?? null;
  }

  /** Sends a frame and reads the next one. */
  async ask(frame: Frame): Promise<Frame> {
    await this.send(frame);
    return await this.#mustHaveFrame();
  }

  /** Reads frames until one is the answer to a request. */
  async answerTo(re: unknown): Promise<Frame> {
    while (true) {
      const frame = await this.#mustHaveFrame();
      if (frame["re"] === re) return frame;
    }
  }

  /** Sends a request and reads its answer; what comes before it is dropped. */
  async request(frame: Frame): Promise<Frame> {
    await this.send(frame);
    return await this.answerTo(frame["id"]);
  }

  /** Reads frames until one of this type comes. */
  async next(type: string): Promise<Frame> {
    while (true) {
      const frame = await this.#mustHaveFrame();
      if (frame.t === type) return frame;
    }
  }

  /** Outcome "close": the connection ends, and not an octet came before. */
  async expectSilentEnd(): Promise<void> {
    strictEqual(await this.line(), null);
    deepStrictEqual(this.#leftOver(), new Uint8Array());
  }

  /** Outcome "fatal": `bye` with this reason is the next frame, and the last one. */
  async expectFatal(reason: string): Promise<void> {
    deepStrictEqual(await this.frame(), { t: "bye", reason });
    await this.expectSilentEnd();
  }

  /** Says goodbye, and sees that the server does too. */
  async leave(): Promise<void> {
    await this.send({ t: "bye" });
    await this.next("bye");
    await this.expectSilentEnd();
  }

  /** Closes without a word. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  #nextKey(): Uint8Array {
    return this.#keysRead.shift() ?? this.session.receiving.next();
  }

  async #mustHaveLine(): Promise<string> {
    const line = await this.line();
    if (line === null) throw new Error("Cannot read line: the server has closed");
    return line;
  }

  async #mustHaveFrame(): Promise<Frame> {
    const frame = await this.frame();
    if (frame === null) throw new Error("Cannot read frame: the server has closed");
    return frame;
  }

  async #line(): Promise<string | null> {
    while (true) {
      const last = this.#read.at(-1);
      const end = last?.indexOf(LINE_FEED) ?? -1;
      if (last !== undefined && end >= 0) {
        const line = joined([...this.#read.slice(0, -1), last.subarray(0, end)]);
        this.#read = end + 1 < last.length ? [last.subarray(end + 1)] : [];
        return new TextDecoder("ascii").decode(line);
      }
      const piece = await this.#piece();
      if (piece === null) return null;
      this.#read.push(piece);
    }
  }

  async #piece(): Promise<Uint8Array | null> {
    const buffer = new Uint8Array(65_536);
    const octets = this.#ended ? null : await this.#conn.read(buffer).catch(() => null);
    this.#ended = octets === null;
    return octets === null ? null : buffer.subarray(0, octets);
  }

  #leftOver(): Uint8Array {
    return joined(this.#read);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The messages of a run, one by one; any other frame alone. */
function messagesIn(frame: Frame): Frame[] {
  if (frame.t !== "messages") return [frame];
  const { m, ...head } = frame;
  let [id, at] = [Number(head["id"]), Number(head["at"])];
  return (m as [string, number, number, string][]).map(([from, idStep, atStep, body]) => {
    id += idStep;
    at += atStep;
    return { ...head, t: "message", id, at, from, body };
  });
}
