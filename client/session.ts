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

import type { RequestId } from "../protocol/command.ts";
import type { Action, ActionOf } from "./action.ts";
import { Awareness } from "./awareness.ts";
import { addressOf, deliver, deliverTo } from "./delivery.ts";
import { Feed } from "./feed.ts";
import { saysGone } from "./gone.ts";
import { parseLine } from "./input.ts";
import type { Names } from "./known_names.ts";
import { LongSearch } from "./long_search.ts";
import type { OpenedEvent } from "./opened.ts";
import type { PendingMessage } from "./pending_message.ts";
import { leave, type Request } from "./request.ts";
import type { Output } from "./request_queue.ts";
import { type Desk, type Requestable, requestOf } from "./requests.ts";
import type { SessionOptions } from "./session_options.ts";
import { settingsInMemory } from "./settings.ts";
import type { Conversation } from "./shown.ts";
import type { Unread } from "./unread.ts";
import { WaitingLines } from "./waiting_lines.ts";

export type { Output } from "./request_queue.ts";
export type { SessionOptions } from "./session_options.ts";

/** Lines that may wait, most of them for a connection. */
const MAX_WAITING = 500;

/** Errors, as no answer, behind which the server says goodbye for the same reason. */
const ENDS_ACCOUNT: ReadonlySet<string> = new Set(["blocked", "deleted"]);

type DirectAction = Exclude<Action, { readonly type: "next" }>;

/** What one user sees and does. */
export class Session {
  readonly #options: SessionOptions;
  readonly #feed: Feed;
  readonly #lines: WaitingLines;
  readonly #desk: Desk;
  readonly #awareness: Awareness;
  readonly #search: LongSearch;
  #current: Conversation = { kind: "lobby" };
  #isConnected = false;
  #isQuitting = false;

  /**
   * Makes a session that has no connection yet.
   *
   * @param options How it begins.
   */
  constructor(options: SessionOptions) {
    const { welcome: { cursor, last }, isNew, newId, settings = settingsInMemory() } = options;
    const user = options.user ?? options.person ?? "";
    this.#options = options;
    const awareness = this.#awareness = new Awareness({ user, settings });
    this.#search = new LongSearch(newId);
    const isShown = (id: number) => options.quiet === true || id <= this.#feed.shown;
    this.#lines = new WaitingLines({ newId, isShown });
    this.#feed = new Feed({
      ...options,
      cursor: isNew ? last : cursor,
      caughtUp: () => [
        { type: "caught_up", last: this.#feed.shown },
        ...this.#lines.setAside(options.now()),
        ...this.#lines.resume(),
        ...this.#search.resume(),
      ],
      hides: (event) => awareness.hides(event),
    });
    this.#desk = {
      user,
      settings,
      listing: null,
      choose: (conversation) => this.#enter(conversation),
      read: (conversation) => awareness.unread.clear(conversation),
      notChosen: (name) => this.#lines.misdirect(name, "behind the first"),
      oldest: () => awareness.oldest,
      hides: () => awareness.hidesEntry,
    };
  }

  /** Where a text goes that names no receiver. */
  get current(): Conversation {
    return this.#current;
  }

  /** Messages that were typed and are not shown as stored yet, in the order in which they go out. */
  get pendingMessages(): readonly PendingMessage[] {
    return this.#lines.messages;
  }

  /** What is unread, ordered by the first unread message; the same array until it changes. */
  get unread(): readonly Unread[] {
    return this.#awareness.unread.list;
  }

  /** Users and groups that were met, for completion; the same object until there are others. */
  get names(): Names {
    return this.#awareness.known.names;
  }

  /** Nobody looks at the screen: all that comes is unread, also of the current conversation. */
  away(): void {
    this.#awareness.away();
  }

  /** The user is back, and has the current conversation before his eyes. */
  returned(): void {
    this.#awareness.reads(this.#current);
  }

  /**
   * Stops what takes long: a search, or a list that is being fetched.
   *
   * @returns What was stopped, in words; nothing where nothing of that kind is under way.
   */
  interrupt(): Output[] {
    const stopped = this.#search.stop();
    if (stopped.length > 0) return stopped;
    const next = this.#lines.stop();
    if (next === null) return [];
    return [{ type: "show", shown: { type: "done", text: "Stopped." } }, ...next];
  }

  /** How many lines wait for their turn, with the one under way. */
  get waiting(): number {
    return this.#lines.count;
  }

  /** How many messages are not stored yet. */
  get pending(): number {
    return this.#lines.unstored;
  }

  /** How many messages were refused, here or by the server. */
  get refused(): number {
    return this.#lines.refused;
  }

  /** Whether `@quit` was typed. */
  get isQuitting(): boolean {
    return this.#isQuitting;
  }

  /** There is a connection; the first one is the welcome of the options. */
  connected(last: number = this.#options.welcome.last): Output[] {
    this.#isConnected = true;
    return this.#options.quiet === true ? this.#lines.resume() : this.#feed.begin(last);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#isConnected = false;
    this.#lines.pause();
    this.#search.pause();
  }

  /** Handles an event from the server. */
  receive(event: OpenedEvent): Output[] {
    this.#awareness.known.see(event);
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
    const fallback = this.#lines.findsNobody(event) ? this.#fallBack() : [];
    return [...outputs, ...this.#lines.answer(event), ...this.#search.answer(event), ...fallback];
  }

  /** Handles a line that was typed, without its end. */
  type(line: string): Output[] {
    // Who types is there.
    this.returned();
    const action = this.#resolve(withLine(parseLine(line), line));
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
        return this.waiting < MAX_WAITING ? this.#do(action, line) : this.#refuse(action, line);
    }
  }

  /** Sends messages of an earlier run, which are kept already. */
  restore(messages: readonly PendingMessage[]): Output[] {
    return messages.flatMap((message) =>
      this.#lines.push(
        { action: null, message },
        () => deliver(message, { origin: "earlier run" }),
      )
    );
  }

  /** Gives away what was set aside: messages that are not sent without asking. */
  takeAside(): readonly PendingMessage[] {
    return this.#lines.takeAside();
  }

  /** Does a request that stands behind no line; a program is told under `re` when it is done. */
  request(request: Request, re?: RequestId): Output[] {
    return this.#lines.push({ action: null, re }, () => request);
  }

  /** Does what a program asks for, which is told under `re` when that is done. */
  perform(action: Requestable, re: RequestId): Output[] {
    return this.#lines.push({ action: null, re }, () => requestOf(action, this.#desk));
  }

  /** Sends a message of a program, which may have made its id before: one that waits waits once. */
  post(message: PendingMessage): Output[] {
    if (this.#lines.holds(message.id)) return [];
    const begin = () => deliver(message, { origin: "typed" });
    const outputs = this.#lines.push({ action: null, message }, begin);
    return [{ type: "keep", message }, ...outputs];
  }

  /** No more lines come: leaves once everything before has been answered. */
  finish(): Output[] {
    if (!this.#isConnected && this.waiting === 0) return [{ type: "leave" }];
    return this.#lines.push({ action: { type: "quit" } }, leave);
  }

  /** The lines that come are not taken, and count as not stored: as {@linkcode finish}. */
  abandonInput(): Output[] {
    this.#lines.refuse();
    return this.finish();
  }

  /** The wait that was asked for is over. */
  retry(): Output[] {
    return [
      ...this.#afterFeed(this.#feed.retry()),
      ...this.#lines.retry(),
      ...this.#search.retry(),
    ];
  }

  #enter(conversation: Conversation): void {
    this.#current = conversation;
    this.#awareness.reads(conversation);
  }

  /** Which one is the next is decided by what was unread when it was typed. */
  #resolve(action: Action): DirectAction {
    if (action.type !== "next") return action;
    return this.#awareness.next(action.place);
  }

  #do(action: Requestable | ActionOf<"send">, typed: string): Output[] {
    if (action.type === "send") return this.#send(action, typed);
    // A person goes on typing and talking while it searches; the lines of a pipe keep their order.
    if (action.type === "search" && this.#options.person !== undefined) {
      return this.#search.begin({
        words: action.words,
        hides: (entry) => this.#awareness.hides(entry),
      });
    }
    return this.#lines.push({ action, typed }, () => requestOf(action, this.#desk));
  }

  #send(action: ActionOf<"send">, typed: string): Output[] {
    const { to, body } = action;
    const { newId, now } = this.#options;
    const message = { id: newId(), ...this.#lines.aim(to, this.#current), body, at: now() };
    const origin = to.kind === "name" ? "named" : "typed";
    const outputs = this.#lines.push({ action, message, typed }, () => {
      return deliverTo(addressOf(to, this.current), { message, origin, typed });
    });
    return [{ type: "keep", message }, ...outputs];
  }

  #refuse(action: Action, line: string): Output[] {
    const isMessage = action.type === "send";
    if (isMessage) this.#lines.refuse();
    const text = "Not done: too many lines wait for the server.";
    const typed = isMessage ? line : undefined;
    return [{ type: "show", shown: { type: "refused", text, typed } }];
  }

  #afterFeed(outputs: readonly Output[]): Output[] {
    for (const output of outputs) this.#awareness.shows(output, this.#current);
    const withFallback = outputs.flatMap((output) =>
      saysGone(output, { current: this.current, user: this.#options.person })
        ? [output, ...this.#fallBack()]
        : [output]
    );
    return [...withFallback, ...this.#lines.progress()];
  }

  #fallBack(): Output[] {
    const { current } = this;
    if (current.kind === "lobby" || this.#options.person === undefined) return [];
    const lobby = { kind: "lobby" } as const;
    this.#lines.misdirect(current.name, "from the first on");
    this.#enter(lobby);
    return [{ type: "show", shown: { type: "chosen", conversation: lobby, isFallback: true } }];
  }
}

/** A message that is refused can be typed again. */
function withLine(action: Action, typed: string): Action {
  return action.type === "refused" && action.message ? { ...action, typed } : action;
}
