/**
 * A server for `Session` without any I/O: it answers what the session asks, and writes down what is
 * shown. Only as much of docs/PROTOCOL.md as the tests need.
 *
 * A session knows neither keys nor tokens: what it asks for and what it hears is text. What lies between
 * it and the wire is `tests/client/end_to_end/`.
 *
 * @module
 */

import { plainText } from "../../client/plain.ts";
import type { PendingMessage } from "../../client/pending_message.ts";
import type { Request } from "../../client/request.ts";
import { type Output, Session, type SessionOptions } from "../../client/session.ts";
import type { Intent } from "../../client/intent.ts";
import type { MarkedEntry, OpenedEvent, OpenedMessage } from "../../client/opened.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { ChangeEntry, Event, MessageEntry } from "../../protocol/event.ts";

/** What a session wants done: a command, or what takes several. */
type Wanted = CommandInput | Intent;

/** An entry as a session hears it. */
type Entry = OpenedMessage | ChangeEntry | MarkedEntry;

/** Answers one command, or leaves it unanswered. */
type Answerer = (command: never) => Event | null;

/** A session and the server behind it. */
export class Scene {
  readonly session: Session;
  /** What the face would show, in plain words, several lines as several. */
  readonly lines: string[] = [];
  /** What was sent. */
  readonly sent: Wanted[] = [];
  /** The last id that counts as shown. */
  upto = 0;
  /** Seconds that were asked to be waited. */
  readonly waits: number[] = [];
  /** How many messages were set aside, each time. */
  readonly setAside: number[] = [];
  hasLeft = false;
  /** Messages that are kept, by id. */
  readonly kept = new Map<string, PendingMessage>();
  /** Entries the server has; `history` is answered from it, `send` adds to it. */
  readonly entries: Entry[] = [];
  /** Entries in one page of history. */
  page = 1_000;
  readonly #answers = new Map<string, Answerer>();
  readonly #stored = new Map<string, OpenedMessage>();
  #held: Wanted[] | null = null;

  constructor(options: Partial<SessionOptions> = {}, entries: readonly Entry[] = []) {
    this.entries.push(...entries);
    let id = 0;
    this.session = new Session({
      welcome: { cursor: 0, last: entries.at(-1)?.id ?? 0 },
      isNew: false,
      missed: "all",
      newId: () => `id${++id}`,
      now: () => AT,
      ...options,
    });
  }

  /** Says how commands of one type are answered. */
  answering(type: Wanted["t"], answerer: (command: never) => Event | null): this {
    this.#answers.set(type, answerer);
    return this;
  }

  start(): this {
    this.#apply(this.session.connected());
    return this;
  }

  /** The connection is lost; commands that were not answered are not answered any more. */
  loses(): this {
    this.#held = null;
    this.session.disconnected();
    return this;
  }

  /** Another connection stands. */
  reconnects(): this {
    this.#apply(this.session.connected(Math.max(0, ...this.entries.map(({ id }) => id))));
    return this;
  }

  /** Messages of an earlier run are to be sent. */
  restores(...messages: readonly PendingMessage[]): this {
    this.#apply(this.session.restore(messages));
    return this;
  }

  /** Does a request. */
  requests(request: Request): this {
    this.#apply(this.session.request(request));
    return this;
  }

  types(...lines: readonly string[]): this {
    for (const line of lines) this.#apply(this.session.type(line));
    return this;
  }

  hears(...events: readonly OpenedEvent[]): this {
    for (const event of events) this.#apply(this.session.receive(event));
    return this;
  }

  /** Ctrl-C; whether it stopped something. */
  interrupts(): boolean {
    const outputs = this.session.interrupt();
    this.#apply(outputs);
    return outputs.length > 0;
  }

  finishes(): this {
    this.#apply(this.session.finish());
    return this;
  }

  retries(): this {
    this.#apply(this.session.retry());
    return this;
  }

  /** Answers nothing until `resumes`. */
  pauses(): this {
    this.#held = [];
    return this;
  }

  resumes(): this {
    const held = this.#held ?? [];
    this.#held = null;
    for (const command of held) this.#answer(command);
    return this;
  }

  /** Commands of one type that were sent. */
  commands<T extends Wanted["t"]>(type: T): (Wanted & { readonly t: T })[] {
    return this.sent.filter((command): command is Wanted & { t: T } => command.t === type);
  }

  #apply(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === "show") {
        this.lines.push(...plainText(output.shown, "bob").split("\n"));
        this.upto = Math.max(this.upto, output.upto ?? 0);
      } else if (output.type === "passed") this.upto = Math.max(this.upto, output.upto);
      else if (output.type === "wait") this.waits.push(output.seconds);
      else if (output.type === "set_aside") this.setAside.push(output.count);
      else if (output.type === "leave") this.hasLeft = true;
      else if (output.type === "keep") this.kept.set(output.message.id, output.message);
      else if (output.type === "settled") this.kept.delete(output.id);
      else if (output.type === "send") {
        this.sent.push(output.command);
        if (this.#held === null) this.#answer(output.command);
        else this.#held.push(output.command);
      }
    }
  }

  #answer(command: Wanted): void {
    const answerer = this.#answers.get(command.t) as
      | ((c: Wanted) => Event | null)
      | undefined;
    if (answerer !== undefined) {
      const event = answerer(command);
      if (event !== null) this.hears(event);
    } else if (command.t === "history") this.hears(this.#history(command));
    else if (command.t === "send") {
      const isKnown = this.#stored.has(command.id);
      const entry = this.stores(command);
      this.hears({ t: "ack", re: command.id, id: entry.id, at: 0 });
      if (!isKnown) this.hears(entry);
    }
  }

  /** Stores a message once, whoever is told. */
  stores(command: Extract<CommandInput, { t: "send" }>): OpenedMessage {
    const known = this.#stored.get(command.id);
    if (known !== undefined) return known;
    const id = Math.max(1_000, ...this.entries.map((entry) => entry.id)) + 1;
    const kind = command.to === "lobby" ? "lobby" : command.kind ?? "direct";
    const entry = says("bob", command.body, { id, kind, to: command.to });
    this.entries.push(entry);
    this.#stored.set(command.id, entry);
    return entry;
  }

  #history(command: Extract<CommandInput, { t: "history" }>): OpenedEvent {
    const { id: re, after = 0, upto = Infinity, limit, from = "newest", of, kinds } = command;
    const all = this.entries.filter((entry) =>
      entry.id > after && entry.id <= upto && (kinds === "all" || entry.t === "message") &&
      (of === undefined || (entry.t === "message" && entry.to === of))
    );
    const count = Math.min(limit, this.page);
    const entries = from === "newest" ? all.slice(-count) : all.slice(0, count);
    const total = kinds === "all" ? { total: all.length } : {};
    return { t: "history", re, entries, more: entries.length < all.length, ...total };
  }
}

/** The local time of every entry of {@linkcode says}. */
export const AT = new Date(2026, 10, 22, 18, 3).getTime();

/** A message. */
export function says(
  from: string,
  body: string,
  fields: { id: number; kind?: "lobby" | "direct" | "group"; to?: string; offline?: true },
): MessageEntry {
  const { kind = "lobby", to = "lobby", ...rest } = fields;
  return { t: "message", at: AT, conversation: to, kind, from, to, body, ...rest };
}
