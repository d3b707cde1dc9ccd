/**
 * End-to-end encryption, between the session and the connection.
 *
 * What a session sends to users and groups goes through here and is sealed; what comes is opened, in
 * its order. The session knows neither keys nor tokens, the connection no text. The lobby passes.
 *
 * Source: FTC1 §7; docs/ARCHITECTURE.md, "One message".
 *
 * @module
 */

import type { CommandInput, RequestId } from "../../protocol/command.ts";
import type { Event, EventOf, PastEntry } from "../../protocol/event.ts";
import { LOBBY } from "../../protocol/name.ts";
import { type Intent, INTENTS } from "../intent.ts";
import type { MarkedEntry, OpenedEntry, OpenedEvent } from "../opened.ts";
import { CutOff, Refused } from "./asker.ts";
import { markChange } from "./change_opener.ts";
import { markMessage, reasonOf } from "./opener.ts";
import { buildParts, type EndToEndOptions, type Parts } from "./parts.ts";
import type { HistoryCommand } from "./reader.ts";
import type { TextMessage } from "./sender.ts";

export type { EndToEndOptions } from "./parts.ts";

/** Pages of history that may be asked for and not answered. */
const MOST_PAGES = 64;

/** What a session asks for: a command, or something that takes several. */
export type Wanted = CommandInput | Intent;

/** Seals and opens for one account. */
export class EndToEnd {
  readonly #parts: Parts;
  readonly #pages = new Map<RequestId, HistoryCommand>();
  readonly #underWay = new Map<RequestId, Promise<Event>>();
  readonly #formerRoots = Promise.withResolvers<readonly Uint8Array[]>();
  #ready: Promise<void> = Promise.reject(new CutOff());

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#ready.catch(() => {});
  }

  /**
   * Makes it without a connection.
   *
   * @param options Whose, and what it works with.
   */
  static async open(options: EndToEndOptions): Promise<EndToEnd> {
    return new EndToEnd(await buildParts(options));
  }

  /** Resolves while the server is asked something: whoever reads must go on reading then. */
  get asked(): Promise<void> {
    return this.#parts.inquiry.asked;
  }

  /**
   * There is a connection.
   *
   * @param send Sends a command over it.
   * @param last The newest entry at the login.
   */
  connected(send: (command: CommandInput) => void, last: number): void {
    const { inquiry, chains, readiness, resolver, complaints, reader } = this.#parts;
    inquiry.connected(send);
    chains.connected();
    readiness.forget();
    resolver.forget();
    complaints.connected();
    reader.connected(last);
    this.#pages.clear();
    this.#begin();
  }

  /** The connection is gone; whatever is under way ends with `CutOff`. */
  disconnected(): void {
    this.#parts.inquiry.disconnected();
  }

  /** Resolves, without a connection, when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
    await this.#parts.idle();
  }

  /**
   * Whether something has to be done here.
   *
   * @param wanted What the session wants.
   */
  handles(wanted: Wanted): wanted is TextMessage | Intent {
    if (wanted.t === "history") this.#note(wanted);
    if (wanted.t === "send") return wanted.to.toLowerCase() !== LOBBY || wanted.kind === "group";
    return INTENTS.has(wanted.t);
  }

  /**
   * Does what a session wants, once, also if it is asked for again while it is under way.
   *
   * @param wanted What {@linkcode handles} has accepted.
   * @returns The answer as the session knows it: `ack`, `ok` or `error`.
   * @throws {CutOff} If the connection is lost before; the session asks again on the next one.
   */
  perform(wanted: TextMessage | Intent): Promise<Event> {
    const known = this.#underWay.get(wanted.id);
    if (known !== undefined) return known;
    const work = this.#perform(wanted).finally(() => this.#underWay.delete(wanted.id));
    this.#underWay.set(wanted.id, work);
    return work;
  }

  /**
   * Takes an event that answers a question of this side.
   *
   * @param event As it came.
   * @returns Whether the session has nothing to do with it.
   */
  takes(event: Event): boolean {
    const { inquiry, complaints, inBackground } = this.#parts;
    if (inquiry.takes(event)) return true;
    if (event.t === "complaint") inBackground(complaints.answer(event));
    else if (event.t === "rewrapped") inBackground(complaints.fetch(event));
    else return false;
    return true;
  }

  /**
   * Opens an event; they are to be opened one after the other.
   *
   * @param event As it came.
   * @throws {CutOff} If the connection is lost meanwhile: then this event and all behind it are to be
   *   dropped, and asked for again.
   */
  async open(event: Event): Promise<OpenedEvent> {
    const { reader } = this.#parts;
    switch (event.t) {
      case "message":
      case "change":
        if (isClosed(event) && !await this.#settled()) return unread(event);
        return await reader.live(event);
      case "history": {
        const command = this.#pages.get(event.re);
        this.#pages.delete(event.re);
        if (!event.entries.some(isClosed) || await this.#settled()) {
          return await reader.page(event, command);
        }
        return { ...event, entries: event.entries.map((one) => isClosed(one) ? unread(one) : one) };
      }
      default:
        return event;
    }
  }

  /**
   * Prepares another identity of this account.
   *
   * @param root Its root, 32 octets.
   * @returns Its key record, signed by the present identity.
   * @throws {Refused} If it cannot be; the sentence says why.
   */
  async nextKeys(root: Uint8Array): Promise<Uint8Array> {
    await this.#ready;
    return await this.#parts.renewal.prepare(root);
  }

  /** Resolves with the roots before this one, newest first, when they are known for the first time. */
  get formerRoots(): Promise<readonly Uint8Array[]> {
    return this.#formerRoots.promise;
  }

  /** Looks at a live entry once more when it is shown. */
  shown(entry: OpenedEntry): OpenedEntry {
    return this.#parts.reader.shown(entry);
  }

  /**
   * What is known must be there before anything is compared with it.
   *
   * @returns Whether it is.
   */
  async #settled(): Promise<boolean> {
    try {
      await this.#settle();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return false;
    }
  }

  /** What the server did not give is asked for once more. */
  async #settle(): Promise<void> {
    const ready = this.#ready;
    try {
      await ready;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.#ready === ready) this.#begin();
      await this.#ready;
    }
  }

  #begin(): void {
    this.#ready = this.#parts.begin().then(() => {
      this.#formerRoots.resolve(this.#parts.renewal.formerRoots);
    });
    // Whoever needs it is told.
    this.#parts.inBackground(this.#ready);
  }

  async #perform(wanted: TextMessage | Intent): Promise<Event> {
    const { id: re } = wanted;
    try {
      await this.#settle();
      if (wanted.t === "send") return withId(await this.#parts.sender.send(wanted), re);
      const text = await this.#do(wanted);
      return text === undefined ? { t: "ok", re } : { t: "ok", re, text };
    } catch (error) {
      return withId(refusalOf(error), re);
    }
  }

  async #do(intent: Intent): Promise<string | undefined> {
    const { groupCommands, trustCommands } = this.#parts;
    return intent.t === "verify" || intent.t === "trust"
      ? await trustCommands.perform(intent)
      : await groupCommands.perform(intent);
  }

  #note(command: HistoryCommand): void {
    const [oldest] = this.#pages.keys();
    if (this.#pages.size >= MOST_PAGES && oldest !== undefined) this.#pages.delete(oldest);
    this.#pages.set(command.id, command);
  }
}

function isClosed(entry: PastEntry): boolean {
  return entry.t === "change" || (entry.t === "message" && entry.kind !== "lobby");
}

/** The line in the place of an entry that cannot be compared with what is known. */
function unread(entry: PastEntry): MarkedEntry {
  const why = "the server does not give what you know of keys";
  if (entry.t === "message") return markMessage(entry, why);
  return entry.t === "change" ? markChange(entry, why) : entry;
}

/** What has to wait for long is refused: it must not hold up the lines behind it. */
function withId(answer: Event, re: RequestId): Event {
  if (answer.t !== "error" || answer.code !== "rate") return { ...answer, re } as Event;
  const minutes = Math.ceil((answer.after ?? 60) / 60);
  return { t: "error", re, code: "later", msg: `${answer.msg} Try again in ${minutes} min.` };
}

function refusalOf(error: unknown): Omit<EventOf<"error">, "re"> {
  if (error instanceof Refused) return error.error;
  const reason = reasonOf(error);
  if (reason === null) throw error;
  return { t: "error", code: "bad_chain", msg: `Not done: ${reason}.` };
}
