/**
 * A session at work: frames and lines go into `session.ts`, what comes out goes to the face, to the
 * server and to the journal of pending messages, in order.
 *
 * It lasts as long as the user stays; connections come and go (`converse`). What has been written out is
 * reported to the server as seen, at most half a second later.
 * Source: PRODUCT §2, §4.
 *
 * @module
 */

import { encodeCommand } from "../protocol/codec.ts";
import type { CommandInput } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import { withAdvice } from "./advice.ts";
import type { LinkEnding, Unstored, UserEnding } from "./ending.ts";
import { CutOff } from "./end_to_end/asker.ts";
import type { Face } from "./face.ts";
import type { Frames } from "./login_exchange.ts";
import { setAsideText } from "./old_messages.ts";
import type { PendingJournal } from "./pending_journal.ts";
import { Incoming } from "./incoming.ts";
import { receiveAll } from "./receiving.ts";
import { SeenReport } from "./seen_report.ts";
import type { Wanted } from "./request_queue.ts";
import type { Sealing } from "./sealing.ts";
import type { Output, Session } from "./session.ts";
import { StatusReport } from "./status_report.ts";
import { isSystemError } from "./system_error.ts";

/** What a chat needs of a link. */
export interface ChatLink {
  /** Why it was ended from this side, or `null`. */
  readonly ending: string | null;
  /** Queues a text. */
  send(text: Uint8Array): void;
  /** Says `bye`, if that was not done, and closes. */
  close(reason?: string): Promise<void>;
  /** Closes without a word. */
  abort(): void;
}

/** A connection that has logged in. */
export interface ChatConnection<L extends ChatLink = ChatLink> {
  /** Sends. */
  readonly link: L;
  /** What comes behind `welcome`. */
  readonly frames: Frames;
  /** The newest entry at the moment of the login. */
  readonly last: number;
}

/** The parts of a chat. */
export interface ChatOptions {
  /** The session, without a connection. */
  readonly session: Session;
  /** Whoever uses it. */
  readonly face: Face;
  /** Keeps messages until the server has them. */
  readonly journal: Pick<PendingJournal, "keep" | "settle" | "stored" | "kept">;
  /** Seals what is sent to users and groups, and opens what comes. */
  readonly sealing: Sealing;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
}

/** Milliseconds that `@quit` waits for what is pending (PRODUCT §2). */
const QUIT_MS = 5_000;

/** Milliseconds that leaving waits for what is under way. */
const SETTLE_MS = 1_000;

/** Milliseconds that the server has to answer `bye` (FTC1 §3.8). */
const FAREWELL_MS = 2_000;

/** A session, its face and its connection. */
export class Chat<L extends ChatLink = ChatLink> implements Disposable {
  readonly #options: ChatOptions;
  readonly #ended = Promise.withResolvers<UserEnding>();
  readonly #left = new AbortController();
  readonly #seen = new SeenReport((upto) => this.#post({ t: "seen", upto }));
  readonly #waits = new Set<ReturnType<typeof setTimeout>>();
  readonly #status: StatusReport;
  readonly #stop = () => this.end({ type: "signal" });
  #quitTimer: ReturnType<typeof setTimeout> | undefined;
  #link: L | null = null;
  #sealing: Sealing;
  readonly #retired: Sealing[] = [];
  #incoming: Incoming | null = null;
  #last = 0;
  #shown: Promise<void> = Promise.resolve();
  #sent: Promise<void> = Promise.resolve();
  #room = Promise.withResolvers<void>();
  #isQuitting = false;

  /**
   * Makes a chat without a connection.
   *
   * @param options Its parts.
   */
  constructor(options: ChatOptions) {
    this.#options = options;
    this.#sealing = options.sealing;
    this.#status = new StatusReport({ ...options, apply: (outputs) => this.apply(outputs) });
    // Whoever waits for it is told; nobody may be waiting at the moment.
    this.#ended.promise.catch(() => {});
    options.signal.addEventListener("abort", this.#stop, { once: true });
    if (options.signal.aborted) this.#stop();
  }

  /** Resolves when the user leaves. */
  get ended(): Promise<UserEnding> {
    return this.#ended.promise;
  }

  /** Aborted when the user leaves. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** What seals at present. */
  get sealing(): Sealing {
    return this.#sealing;
  }

  /** The connection at present. */
  get link(): L | null {
    return this.#link;
  }

  /** What did not reach the server's disk. */
  get unstored(): Unstored {
    const { session: { pending, refused }, journal: { kept } } = this.#options;
    return { pending, refused, kept };
  }

  /** The user leaves, or a bug ends everything. */
  end(ending: UserEnding | { readonly type: "bug"; readonly error: unknown }): void {
    if (ending.type === "bug") this.#ended.reject(ending.error);
    else this.#ended.resolve(ending);
    this.#left.abort();
  }

  /** Leaves when everything is sent, or in five seconds; without a connection now. */
  quit(): void {
    this.#isQuitting = true;
    if (this.#link === null) return this.end({ type: "quit" });
    this.#quitTimer ??= setTimeout(() => this.end({ type: "quit" }), QUIT_MS);
  }

  /** Seals with other keys from now on; with a connection, from the next event on. */
  sealWith(sealing: Sealing): void {
    const last = this.#last;
    const exchange = () => {
      this.#sealing.disconnected();
      this.#retired.push(this.#sealing);
      this.#sealing = sealing;
      if (this.#link !== null) sealing.connected((command) => this.#post(command), last);
    };
    if (this.#incoming === null) exchange();
    else this.#incoming.between(exchange);
  }

  /** Says when the next connection is tried, in milliseconds since 1970; `null`: it is being tried. */
  waiting(nextTryAt: number | null): void {
    this.#status.waiting(nextTryAt);
  }

  /** Resolves, without a connection, when no sealing has anything under way any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.#retired, this.#sealing].map((sealing) => sealing.idle()));
  }

  /** Resolves when no more than so many lines wait for the server. */
  async room(lines: number): Promise<void> {
    while (this.#options.session.waiting > lines && !this.left.aborted) await this.#room.promise;
  }

  /**
   * Uses a connection to its end, and closes it.
   *
   * @param connection Logged in.
   * @returns Why it ended; the user may have left.
   */
  async converse(connection: ChatConnection<L>): Promise<LinkEnding | UserEnding> {
    const { link, frames, last } = connection;
    const { session } = this.#options;
    this.#link = link;
    this.#status.connected();
    this.#seen.again();
    this.#last = last;
    const incoming = this.#incoming = new Incoming({
      sealing: () => this.#sealing,
      handle: async (event) => {
        if (!this.left.aborted) this.apply(session.receive(event));
        // A face that is slow to write slows the reading down, and so the server.
        await this.#shown;
      },
      overrun: () => void link.close("slow"),
      failed: (error) => this.end({ type: "bug", error }),
    });
    this.#sealing.connected((command) => this.#post(command), last);
    this.apply(session.connected(last));
    const receiving = receiveAll(frames, (event) => incoming.receive(event));
    try {
      const ending = await Promise.race([receiving, this.ended]);
      if (ending.type === "bye" || ending.type === "failed") {
        this.#sealing.disconnected();
        await incoming.drained();
        return reasoned(ending, link);
      }
      await this.#sayGoodbye(link, receiving);
      return ending;
    } finally {
      this.#link = null;
      if (!this.left.aborted) this.#status.waiting(null);
      this.#sealing.disconnected();
      await incoming.drained();
      this.#incoming = null;
      session.disconnected();
      for (const timer of this.#waits) clearTimeout(timer);
      await link.close();
      if (this.#isQuitting) this.quit();
    }
  }

  /** Does what the session wants done, in its order. */
  apply(outputs: readonly Output[]): void {
    const { face, session, journal } = this.#options;
    // Commands need not wait until the lines before them are written.
    for (const output of outputs) {
      if (output.type === "send") this.#send(output.command);
      else if (output.type === "keep") journal.keep(output.message);
      else if (output.type === "settled") journal.settle(output.id);
      else if (output.type === "wait") this.#wait(output.seconds);
    }
    // What was typed is to be seen at once, however much there is to be shown before.
    if (outputs.some(({ type }) => type === "keep")) this.#status.tell();
    this.#shown = this.#shown.then(async () => {
      for (const output of outputs) await this.#perform(output);
      face.current(session.current);
      this.#status.tell();
    }).catch((error: unknown) => {
      // A pipe that nobody reads, or a terminal that is gone; anything else is a bug.
      this.end(isSystemError(error) ? { type: "output_closed" } : { type: "bug", error });
    });
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  /** Ends what goes on without a connection. */
  [Symbol.dispose](): void {
    this.#options.signal.removeEventListener("abort", this.#stop);
    clearTimeout(this.#quitTimer);
    this.#seen[Symbol.dispose]();
    this.#room.resolve();
  }

  /** `bye` and its answer: closing with unread data would make the system throw our last words away. */
  async #sayGoodbye(link: L, receiving: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => link.abort(), FAREWELL_MS);
    this.#seen.flush();
    await this.#settle(receiving);
    this.#post({ t: "bye" });
    await receiving;
    clearTimeout(timer);
  }

  /** What was accepted of keys is to be remembered by the next run, if the server answers soon. */
  async #settle(receiving: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SETTLE_MS);
    await Promise.race([this.#sealing.idle(), promise, receiving]);
    clearTimeout(timer);
  }

  async #perform(output: Output): Promise<void> {
    if (this.left.aborted) return;
    const { face } = this.#options;
    if (output.type === "show") {
      // First, so that a message goes up and waits no more in one moment.
      this.#status.tell();
      const shown = face.input === "person" ? withAdvice(output.shown) : output.shown;
      await face.show(shown, output.re);
      if (output.upto !== undefined) this.#tell(output.upto);
    } else if (output.type === "passed") {
      this.#seen.shown(output.upto);
    } else if (output.type === "settled") {
      await face.settled?.(output.id, output.stored);
    } else if (output.type === "answered") {
      await face.answered?.(output.re);
    } else if (output.type === "caught_up") {
      await face.caughtUp?.(output.last);
    } else if (output.type === "set_aside") {
      await face.notice(setAsideText(face.input, output.count));
    } else if (output.type === "leave") {
      this.end({ type: this.#isQuitting ? "quit" : "end_of_input" });
    }
  }

  #tell(upto: number): void {
    const { face } = this.#options;
    if (face.taken === undefined) return this.#seen.shown(upto);
    void face.taken().then(() => {
      if (!this.left.aborted) this.#seen.shown(upto);
    });
  }

  #send(wanted: Wanted): void {
    const sealing = this.#sealing;
    if (sealing.handles(wanted)) void this.#answer(sealing, sealing.perform(wanted));
    else this.#post(wanted);
  }

  /** Without a connection there is no answer; the session asks again on the next one. */
  async #answer(sealing: Sealing, answer: Promise<Event>): Promise<void> {
    try {
      const event = await answer;
      if (this.#link !== null && event.t !== "message" && event.t !== "history") {
        this.apply(this.#options.session.receive(event));
      }
    } catch (error) {
      if (!(error instanceof CutOff)) return this.end({ type: "bug", error });
      // It was cut off by other keys, not with the connection: it is asked again now.
      if (this.#link !== null && this.#sealing !== sealing) {
        this.apply(this.#options.session.retry());
      }
    }
  }

  #post(command: CommandInput): void {
    const link = this.#link;
    if (link === null) return;
    this.#sent = this.#sent.then(async () => {
      // A message that is not on the disk could be lost or doubled (FTC1 §7.7).
      if (command.t === "send") await this.#options.journal.stored();
      if (this.#link === link) link.send(encodeCommand(command));
    }).catch((error: unknown) => {
      // Nothing after it could be sent, and nobody would know.
      this.end({ type: "bug", error });
    });
  }

  #wait(seconds: number): void {
    const timer = setTimeout(() => {
      this.#waits.delete(timer);
      this.apply(this.#options.session.retry());
    }, seconds * 1_000);
    this.#waits.add(timer);
  }
}

/** Where this side has ended the connection for a reason, that is the reason. */
function reasoned(ending: LinkEnding, link: ChatLink): LinkEnding {
  const isOurs = link.ending === "rekey" || link.ending === "timeout" || link.ending === "slow";
  return isOurs ? { type: "bye", reason: link.ending } : ending;
}
