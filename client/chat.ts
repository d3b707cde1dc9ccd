/**
 * A logged-in session at work: frames and lines go into `session.ts`, what comes out goes to the
 * face and to the server, in order.
 *
 * What has been written out is reported to the server as seen, at most half a second later
 * (PRODUCT §2, §4.3). The link is kept alive as FTC1 §3.10 asks.
 *
 * @module
 */

import { decodeEvent, encodeCommand } from "../protocol/codec.ts";
import type { CommandInput } from "../protocol/command.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { LinkError } from "../transport/link_error.ts";
import type { Ending, Unstored } from "./ending.ts";
import type { Face } from "./face.ts";
import { Heartbeat } from "./heartbeat.ts";
import { SeenReport } from "./seen_report.ts";
import type { Output, Session } from "./session.ts";

/** What a chat needs of a link. */
export interface ChatLink {
  /** Queues a text. */
  send(text: Uint8Array): void;
  /** Says `bye`, if that was not done, and closes. */
  close(reason?: string): Promise<void>;
  /** Closes without a word. */
  abort(): void;
}

/** The parts of a chat. */
export interface ChatOptions {
  /** The connection, logged in. */
  readonly link: ChatLink;
  /** Its frames, from the first behind `welcome`. */
  readonly frames: AsyncIterator<FrameObject, void, undefined>;
  /** The session, not started. */
  readonly session: Session;
  /** Whoever uses it. */
  readonly face: Face;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
}

/** How a chat ended. */
export interface ChatResult {
  /** Why. */
  readonly ending: Ending;
  /** What did not reach the server's disk. */
  readonly unstored: Unstored;
}

/** Milliseconds that `@quit` waits for what is pending (PRODUCT §2). */
const QUIT_MS = 5_000;

/** Milliseconds that the server has to answer `bye` (FTC1 §3.8). */
const FAREWELL_MS = 2_000;

/** Lines that may wait for their turn before no more are read. */
const MAX_WAITING = 64;

/**
 * Runs a chat to its end and closes the link.
 *
 * @param options Its parts.
 * @returns How it ended; nothing of it is still going on then but a read of the input.
 */
export async function chat(options: ChatOptions): Promise<ChatResult> {
  return await new Chat(options).run();
}

class Chat {
  readonly #options: ChatOptions;
  readonly #heartbeat: Heartbeat;
  readonly #ended = Promise.withResolvers<Ending>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #work: Promise<void> = Promise.resolve();
  #room = Promise.withResolvers<void>();
  readonly #seen = new SeenReport((upto) => this.#send({ t: "seen", upto }));
  #isQuitting = false;
  #isOver = false;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      ping: () => this.#send({ t: "ping" }),
      dead: () => this.#end({ type: "failed", error: new LinkError("truncated") }),
    });
  }

  async run(): Promise<ChatResult> {
    const { session, signal } = this.#options;
    const stop = () => this.#end({ type: "signal" });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.#apply(session.start());
    const receiving = this.#receive().catch((error: unknown) => this.#ended.reject(error));
    void this.#type().catch((error: unknown) => this.#ended.reject(error));
    try {
      const ending = await this.#ended.promise;
      return { ending, unstored: { pending: session.pending, refused: session.refused } };
    } finally {
      this.#isOver = true;
      signal.removeEventListener("abort", stop);
      for (const timer of this.#timers) clearTimeout(timer);
      await this.#leave(receiving);
      this.#heartbeat[Symbol.dispose]();
    }
  }

  #end(ending: Ending): void {
    this.#ended.resolve(ending);
  }

  /** `bye` and its answer: closing with unread data would make the system throw our last words away. */
  async #leave(receiving: Promise<void>): Promise<void> {
    const { link } = this.#options;
    this.#seen.flush();
    this.#send({ t: "bye" });
    const timer = setTimeout(() => link.abort(), FAREWELL_MS);
    await receiving;
    clearTimeout(timer);
    await link.close();
  }

  async #receive(): Promise<void> {
    const { frames, session } = this.#options;
    try {
      while (true) {
        const next = await frames.next();
        if (next.done === true) return;
        this.#heartbeat.heard();
        const decoded = decodeEvent(next.value);
        if (decoded.ok && decoded.value.t === "bye") {
          await this.#work;
          this.#end({ type: "bye", reason: decoded.value.reason });
        } else if (decoded.ok && !this.#isOver) {
          this.#apply(session.receive(decoded.value));
          // A face that is slow to write slows the reading down, and so the server.
          await this.#work;
        } else if (!decoded.ok && decoded.code !== "unknown_type") {
          throw new LinkError("bad_frame");
        }
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      await this.#work;
      this.#end({ type: "failed", error });
    }
  }

  async #type(): Promise<void> {
    const { face, session } = this.#options;
    while (!this.#isOver) {
      const line = await face.line();
      if (this.#isOver) return;
      if (line === null) return this.#inputEnded();
      const outputs = session.type(line);
      if (session.isQuitting) this.#quitSoon();
      this.#apply(outputs);
      if (session.isQuitting) return;
      while (session.waiting > MAX_WAITING) await this.#room.promise;
    }
  }

  #inputEnded(): void {
    const { face, session } = this.#options;
    // Somebody who closes his terminal's input quits; the end of a pipe waits for every answer.
    if (face.input === "person") this.#quitSoon();
    this.#apply(session.finish());
  }

  #quitSoon(): void {
    this.#isQuitting = true;
    this.#after(QUIT_MS, () => this.#end({ type: "quit" }));
  }

  #apply(outputs: readonly Output[]): void {
    const { face, session } = this.#options;
    // Commands need not wait until the lines before them are written.
    for (const output of outputs) {
      if (output.type === "send") this.#send(output.command);
      if (output.type === "wait") {
        this.#after(output.seconds * 1_000, () => this.#apply(session.retry()));
      }
    }
    this.#work = this.#work.then(async () => {
      for (const output of outputs) await this.#perform(output);
      face.current(session.current);
    }).catch((error: unknown) => this.#outputFailed(error));
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  async #perform(output: Output): Promise<void> {
    if (this.#isOver) return;
    const { face } = this.#options;
    if (output.type === "show") {
      await face.show(output.shown);
      if (output.upto !== undefined) this.#seen.shown(output.upto);
    } else if (output.type === "leave") {
      this.#end({ type: this.#isQuitting ? "quit" : "end_of_input" });
    }
  }

  #outputFailed(error: unknown): void {
    // A pipe that nobody reads, or a terminal that is gone; anything else is a bug.
    if (isSystemError(error)) this.#end({ type: "output_closed" });
    else this.#ended.reject(error);
  }

  #send(command: CommandInput): void {
    this.#heartbeat.said();
    this.#options.link.send(encodeCommand(command));
  }

  #after(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

function isSystemError(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    (error instanceof Error && /os error/.test(error.message));
}
