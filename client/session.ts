/**
 * What one user sees and does, without any I/O: events and typed lines in, things to show and to send
 * out.
 *
 * It outlives connections. On each it catches up first (`feed.ts`); then what was typed is done in its
 * order, and what was not answered is asked again. A message has its id from the moment it is typed, and
 * is kept until the server has answered. Words are the faces' business.
 * Source: PRODUCT §2, §3, §4; docs/PROTOCOL.md.
 *
 * @module
 */

import type { EventOf } from "../protocol/event.ts";
import { type Address, addressOf, deliver, deliverTo, notSent } from "./delivery.ts";
import { Feed } from "./feed.ts";
import { saysGone, saysNoReceiver } from "./gone.ts";
import { type Action, parseLine } from "./input.ts";
import type { OpenedEntry, OpenedEvent } from "./opened.ts";
import { isOld, type PendingMessage } from "./pending_message.ts";
import { leave, type Request } from "./request.ts";
import { type Output, RequestQueue, type Waiting } from "./request_queue.ts";
import { type Desk, requestOf } from "./requests.ts";
import type { Conversation } from "./shown.ts";

export type { Output } from "./request_queue.ts";

/** Lines that may wait, most of them for a connection. */
const MAX_WAITING = 500;

/** Errors, as no answer, behind which the server says goodbye for the same reason. */
const ENDS_ACCOUNT: ReadonlySet<string> = new Set(["blocked", "deleted"]);

/** How a session begins. */
export interface SessionOptions {
  /** The server's first welcome. */
  readonly welcome: Pick<EventOf<"welcome">, "cursor" | "last">;
  /** Whether the account was made by this login. */
  readonly isNew: boolean;
  /**
   * The user's name where a person types: he is back in the lobby when the current conversation is gone.
   * The lines of a pipe are refused then; in the lobby everybody would read them.
   */
  readonly person?: string | undefined;
  /** How many entries are shown that were missed before. */
  readonly missed: "all" | number;
  /** Makes ids that are unique in the account, 1–64 characters. */
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Looks at a live entry once more when it is shown. */
  readonly shown?: (entry: OpenedEntry) => OpenedEntry;
}

interface Item extends Waiting {
  readonly action: Action | null;
  /** What is to be stored, where the line is a message. */
  readonly message?: PendingMessage | undefined;
  /** Set where it must not be done any more: the name that could not be chosen before it. */
  misdirected?: string;
}

type SendAction = Extract<Action, { readonly type: "send" }>;

/** What one user sees and does. */
export class Session {
  readonly #options: SessionOptions;
  readonly #feed: Feed;
  readonly #queue: RequestQueue<Item>;
  readonly #desk: Desk;
  #isConnected = false;
  #refusedMessages = 0;
  #aside: PendingMessage[] = [];
  #isQuitting = false;

  /**
   * Makes a session that has no connection yet.
   *
   * @param options How it begins.
   */
  constructor(options: SessionOptions) {
    const { welcome: { cursor, last }, isNew, newId } = options;
    this.#options = options;
    this.#queue = new RequestQueue({ newId, isShown: (id) => id <= this.#feed.shown });
    this.#feed = new Feed({
      ...options,
      cursor: isNew ? last : cursor,
      caughtUp: () => [...this.#setAside(), ...this.#queue.resume()],
    });
    this.#desk = { current: { kind: "lobby" }, notChosen: (name) => this.#misdirect(name) };
  }

  /** Where a text goes that names no receiver. */
  get current(): Conversation {
    return this.#desk.current;
  }

  /** How many lines wait for their turn, with the one under way. */
  get waiting(): number {
    return this.#queue.items.length;
  }

  /** How many messages are not stored yet. */
  get pending(): number {
    const items = this.#queue.items.slice(this.#queue.isSettled ? 1 : 0);
    return this.#aside.length + items.filter(({ message }) => message !== undefined).length;
  }

  /** How many messages were refused, here or by the server. */
  get refused(): number {
    return this.#refusedMessages;
  }

  /** Whether `@quit` was typed. */
  get isQuitting(): boolean {
    return this.#isQuitting;
  }

  /** There is a connection; the first one is the welcome of the options. */
  connected(last: number = this.#options.welcome.last): Output[] {
    this.#isConnected = true;
    return this.#feed.begin(last);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#isConnected = false;
    this.#queue.pause();
  }

  /** Handles an event from the server. */
  receive(event: OpenedEvent): Output[] {
    switch (event.t) {
      case "message":
      case "damaged":
      case "change":
      case "joined":
      case "left":
        return this.#afterFeed(this.#feed.receive(event));
      case "ping":
        return [{
          type: "send",
          command: { t: "pong", ...(event.id === undefined ? {} : { re: event.id }) },
        }];
      case "error":
        // Without `re` it answers nothing in particular, but the user should know.
        if (event.re === undefined) {
          // The goodbye that follows says the same.
          if (ENDS_ACCOUNT.has(event.code)) return [];
          return [{ type: "show", shown: { type: "refused", text: event.msg } }];
        }
        break;
    }
    const outputs = this.#afterFeed(this.#feed.answer(event));
    // First, for the answer lets the next line begin.
    const fallback = this.#findsNobody(event) ? this.#fallBack() : [];
    return [...outputs, ...this.#queue.answer(event), ...fallback];
  }

  /** Handles a line that was typed, without its end. */
  type(line: string): Output[] {
    const action = parseLine(line);
    switch (action.type) {
      case "nothing":
        return [];
      case "quit":
        this.#isQuitting = true;
        return this.finish();
      case "password":
        return [{ type: "change_password" }];
      case "rekey":
        return [{ type: "rekey" }];
      default:
        if (this.waiting >= MAX_WAITING) return this.#refuse(action);
        return action.type === "send"
          ? this.#send(action)
          : this.#push({ action }, () => requestOf(action, this.#desk));
    }
  }

  /** Sends messages of an earlier run, which are kept already. */
  restore(messages: readonly PendingMessage[]): Output[] {
    return messages.flatMap((message) =>
      this.#push({ action: null, message }, () => deliver(message, "earlier run"))
    );
  }

  /** Gives away what was set aside: messages that are not sent without asking. */
  takeAside(): readonly PendingMessage[] {
    const messages = this.#aside;
    this.#aside = [];
    return messages;
  }

  /** Does a request that stands behind no line. */
  request(request: Request): Output[] {
    return this.#push({ action: null }, () => request);
  }

  /** No more lines come: leaves once everything before has been answered. */
  finish(): Output[] {
    if (!this.#isConnected && this.waiting === 0) return [{ type: "leave" }];
    return this.#queue.push({ action: { type: "quit" }, begin: leave, end: () => [] });
  }

  /** The lines that come are not taken, and count as not stored: as {@linkcode finish}. */
  abandonInput(): Output[] {
    this.#refusedMessages++;
    return this.finish();
  }

  /** The wait that was asked for is over. */
  retry(): Output[] {
    return [...this.#afterFeed(this.#feed.retry()), ...this.#queue.retry()];
  }

  #push({ action, message }: Pick<Item, "action" | "message">, begin: () => Request): Output[] {
    const item: Item = {
      action,
      message,
      begin: () => item.misdirected === undefined ? begin() : notSent(item.misdirected, message),
      end: (result) => {
        if (result === "refused") this.#refusedMessages++;
        return [];
      },
    };
    return this.#queue.push(item);
  }

  #send(action: SendAction): Output[] {
    const { to, body } = action;
    const { newId, now } = this.#options;
    const message = { id: newId(), ...this.#aim(action), body, at: now() };
    const origin = to.kind === "name" ? "named" : "typed";
    const outputs = this.#push({ action, message }, () => {
      return deliverTo(addressOf(to, this.current), { message, origin });
    });
    return [{ type: "keep", message }, ...outputs];
  }

  /** Where it will go if what was typed before it finds its name. */
  #aim({ to }: SendAction): Address {
    const choice = this.#queue.items.findLast(({ action }) => action?.type === "choose")?.action;
    return to.kind === "current" && choice?.type === "choose"
      ? { to: choice.name }
      : addressOf(to, this.current);
  }

  /** What got old while there was no connection: the server may have stored it and forgotten its id. */
  #setAside(): Output[] {
    const time = this.#options.now();
    const old = this.#queue.withdraw(({ message }) => message !== undefined && isOld(message, time))
      .flatMap(({ message }) => message ?? []);
    this.#aside.push(...old);
    return old.length === 0 ? [] : [{ type: "set_aside", count: old.length }];
  }

  #refuse(action: Action): Output[] {
    if (action.type === "send") this.#refusedMessages++;
    const text = "Not done: too many lines wait for the server.";
    return [{ type: "show", shown: { type: "refused", text } }];
  }

  #afterFeed(outputs: readonly Output[]): Output[] {
    const withFallback = outputs.flatMap((output) =>
      saysGone(output, { current: this.current, user: this.#options.person })
        ? [output, ...this.#fallBack()]
        : [output]
    );
    return [...withFallback, ...this.#queue.progress()];
  }

  /** Whether an event says that a message for the current conversation has no receiver. */
  #findsNobody(event: OpenedEvent): boolean {
    const [item] = this.#queue.items;
    const { action, message } = item ?? {};
    return action?.type === "send" && action.to.kind === "current" &&
      saysNoReceiver(event, message?.id);
  }

  #fallBack(): Output[] {
    const { current } = this;
    if (current.kind === "lobby" || this.#options.person === undefined) return [];
    const lobby = { kind: "lobby" } as const;
    this.#misdirectAll(current.name, this.#queue.items);
    this.#desk.current = lobby;
    return [{ type: "show", shown: { type: "chosen", conversation: lobby, isFallback: true } }];
  }

  /** What was typed for a conversation that could not be chosen must not go to the one before. */
  #misdirect(name: string): void {
    this.#misdirectAll(name, this.#queue.items.slice(1));
  }

  #misdirectAll(name: string, items: readonly Item[]): void {
    for (const item of items) {
      if (item.action?.type === "choose") return;
      if (item.action?.type === "send" && item.action.to.kind === "current") {
        item.misdirected = name;
      }
    }
  }
}
