/**
 * One peer behind a finished handshake: JSON texts out, frame objects in.
 *
 * Sealing, opening, padding and batches stay in here; what the objects mean does not come in.
 * Source: FTC1 §3.7, §3.8, §3.10.
 *
 * @module
 */

import { frameCipher } from "../cipher/frame_cipher.ts";
import type { Session } from "../cipher/handshake.ts";
import { unbatch } from "../protocol/codec.ts";
import { BadFrame, decodeFrame, encodeObject, type FrameObject } from "../protocol/frame.ts";
import { MAX_LINE_OCTETS } from "../protocol/limits.ts";
import { LineTooLong } from "../protocol/line.ts";
import { closeConn } from "./close_conn.ts";
import { LinkError } from "./link_error.ts";
import type { LineReader } from "./line_reader.ts";
import { Outbox } from "./outbox.ts";
import { type VitalLimits, VitalSigns } from "./vital_signs.ts";
import { writeAll } from "./write_all.ts";

/** Milliseconds that the last words may take before the connection is closed (FTC1 §3.8). */
const FAREWELL_MS = 2_000;

/** Octets of texts that may wait for one peer (FTC1 §3.10). */
const OUTBOX_OCTETS = 1_048_576;

/** What a link is made of. */
export interface LinkOptions {
  /** The connection. */
  readonly conn: Deno.Conn;
  /** Its lines, as far as the handshake has read them. */
  readonly reader: LineReader;
  /** What the handshake agreed on. */
  readonly session: Session;
  /** `batch` frames come from the server only. */
  readonly role: "server" | "client";
  /** Octets that may wait to be sent; 1 MiB unless told. */
  readonly outboxOctets?: number;
}

/** A secure channel to one peer. */
export class Link implements AsyncDisposable {
  /** What the handshake agreed on. */
  readonly session: Session;
  readonly #conn: Deno.Conn;
  readonly #reader: LineReader;
  readonly #role: "server" | "client";
  readonly #outbox: Outbox;
  readonly #signs = new VitalSigns(performance.now(), Math.random());
  #isOpen = false;
  #ending: string | null = null;
  #closed = false;
  #farewell: Promise<void> | null = null;

  /**
   * Makes a `Link`.
   *
   * @param options Connection, lines, session, role.
   */
  constructor(options: LinkOptions) {
    this.session = options.session;
    this.#conn = options.conn;
    this.#reader = options.reader;
    this.#role = options.role;
    this.#reader.drained = (insideLine) => this.#signs.heard(performance.now(), insideLine);
    this.#outbox = new Outbox({
      keys: options.session.sending,
      limit: options.outboxOctets ?? OUTBOX_OCTETS,
      write: (octets) => {
        this.#signs.said(performance.now());
        return writeAll(this.#conn, octets);
      },
      failed: (reason) => {
        if (reason === "slow") this.#tooSlow();
        else this.abort();
      },
    });
  }

  /** Why the link was ended from this side (`shutdown`, `slow`, …), or `null`. */
  get ending(): string | null {
    return this.#ending;
  }

  /** Raises the bounds once the peer has logged in: long lines, and batches from a server. */
  open(): void {
    this.#isOpen = true;
    this.#reader.limit = MAX_LINE_OCTETS;
    this.#outbox.batching = this.#role === "server";
  }

  /**
   * Queues a text. Nothing is reported where the peer is gone: `receive` ends then.
   *
   * @param text JSON text from `encodeEvent` or `encodeCommand`.
   */
  send(text: Uint8Array): void {
    if (this.#ending === null) this.#outbox.push(text);
  }

  /**
   * Does what the age and the silence of the link call for (FTC1 §3.10): a `ping`, a goodbye, or
   * closing it. To be called about once a second.
   *
   * @param limits The times that count.
   */
  checkUp(limits: VitalLimits): void {
    if (this.#ending !== null) return;
    const now = performance.now();
    // A peer who reads nothing for so long is gone as well.
    const { writingSince } = this.#outbox;
    if (writingSince !== null && now - writingSince >= limits.silenceMs) return this.abort();
    // Who is not listened to is not silent.
    if (!this.#reader.isReading) this.#signs.heard(now, false);
    const frames = Math.max(this.session.sending.index, this.session.receiving.index);
    switch (this.#signs.diagnose(now, { limits, frames })) {
      case "well":
        return;
      case "ping":
        // Before that the other side waits for the login and for nothing else (FTC1 §3.11).
        return this.#isOpen ? this.send(encodeObject({ t: "ping" })) : undefined;
      case "worn":
        return void this.close("rekey");
      case "stuck":
        return void this.close("timeout");
      case "gone":
        // A human types a password; the login has a time of its own.
        return this.#isOpen ? this.abort() : undefined;
    }
  }

  /** Whether so much waits to be written that no more should be asked for. */
  get isCrowded(): boolean {
    return this.#outbox.isCrowded;
  }

  /** Resolves when all that was queued has been written, or can no longer be. */
  sent(): Promise<void> {
    return this.#outbox.idle();
  }

  /**
   * Reads frame objects until the peer says `bye`, which is the last one yielded and is answered
   * here. Batches are taken apart.
   *
   * @throws {LinkError} `truncated`, `bad_token`, `bad_frame`, `line_too_long`.
   */
  async *receive(): AsyncGenerator<FrameObject, void, undefined> {
    while (true) {
      for (const frame of this.#unbatch(await this.#frame())) {
        yield frame;
        if (frame.t === "bye") return await this.close();
      }
    }
  }

  /**
   * Ends the link from this side: what is queued is written, and `bye`; closed as soon as the peer
   * has ended too, after 2 s at the latest. What he still sends is not looked at.
   *
   * @param reason Why, for the peer.
   */
  close(reason?: string): Promise<void> {
    this.#farewell ??= this.#sayGoodbye(reason);
    return this.#farewell;
  }

  /** Closes without a word. */
  abort(): void {
    this.#ending ??= "aborted";
    this.#outbox.drop();
    if (this.#closed) return;
    this.#closed = true;
    closeConn(this.#conn);
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #sayGoodbye(reason?: string): Promise<void> {
    this.#outbox.push(encodeObject(reason === undefined ? { t: "bye" } : { t: "bye", reason }));
    this.#ending = reason ?? "closed";
    const timer = setTimeout(() => this.abort(), FAREWELL_MS);
    await this.#outbox.idle();
    await this.#awaitEnd();
    clearTimeout(timer);
    this.abort();
  }

  /**
   * Lets the peer end first: to close while octets of his are unread resets the connection, and a
   * reset takes back what he has not read yet, the goodbye above all (RFC 1122, 4.2.2.13).
   */
  async #awaitEnd(): Promise<void> {
    try {
      await this.#conn.closeWrite();
      await this.#reader.discard();
    } catch {
      // He is gone, or the time is over: it is closed in any case.
    }
  }

  #tooSlow(): void {
    this.#outbox.clear();
    // The write in progress may hang for ever; `close` waits 2 s and no longer.
    void this.close("slow");
  }

  #unbatch(frame: FrameObject): readonly FrameObject[] {
    if (this.#role === "server") return [frame];
    const frames = unbatch(frame);
    if (frames === null) throw new LinkError("bad_frame");
    return frames;
  }

  async #frame(): Promise<FrameObject> {
    const line = await this.#reader.next().catch(failLine);
    if (line === null) throw new LinkError("truncated");
    const key = this.session.receiving.next();
    let plaintext: Uint8Array;
    try {
      plaintext = await frameCipher.open(key, line);
    } catch (cause) {
      throw new LinkError("bad_token", { cause });
    }
    try {
      return decodeFrame(plaintext);
    } catch (cause) {
      if (cause instanceof BadFrame) throw new LinkError("bad_frame", { cause });
      throw cause;
    }
  }
}

function failLine(cause: unknown): never {
  throw new LinkError(cause instanceof LineTooLong ? "line_too_long" : "truncated", { cause });
}
