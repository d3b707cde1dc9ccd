/**
 * A logged-in session without any I/O: events and typed lines in, things to show and to send out.
 *
 * It catches up first and keeps live entries back until then; it shows each entry once (ids grow
 * strictly, so one that is not greater than the last was shown before); and it does what was typed
 * in its order. Words are the faces' business.
 * Source: PRODUCT §2, §3; docs/PROTOCOL.md.
 *
 * @module
 */

import type { Event, EventOf } from "../protocol/event.ts";
import { allMissed, firstSight, lastMissed } from "./catch_up.ts";
import { type Action, parseLine } from "./input.ts";
import { type Request, show } from "./request.ts";
import { type Output, RequestQueue, type Waiting } from "./request_queue.ts";
import { type Desk, requestOf } from "./requests.ts";
import type { Conversation } from "./shown.ts";

export type { Output } from "./request_queue.ts";

/** Live entries kept back while catching up; beyond, they are fetched like the rest. */
const MAX_KEPT_BACK = 1_000;

/** How a session begins. */
export interface SessionOptions {
  /** The server's welcome. */
  readonly welcome: Pick<EventOf<"welcome">, "cursor" | "last">;
  /** Whether the account was made by this login. */
  readonly isNew: boolean;
  /** How many missed entries are shown. */
  readonly missed: "all" | number;
  /** Makes ids that are unique in the account, 1–64 characters. */
  readonly newId: () => string;
}

interface Item extends Waiting {
  readonly action: Action | null;
  /** Set where it must not be done any more: the name that could not be chosen before it. */
  misdirected?: string;
}

type Live = EventOf<"message"> | EventOf<"change"> | EventOf<"joined"> | EventOf<"left">;

/** What one user sees and does. */
export class Session {
  readonly #options: SessionOptions;
  readonly #queue: RequestQueue<Item>;
  readonly #desk: Desk;
  #keptBack: Live[] | null = [];
  #catchUpTo: number;
  #shown: number;
  #complete = true;
  #refusedMessages = 0;
  #isQuitting = false;

  /**
   * Makes a session that has not started.
   *
   * @param options How it begins.
   */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#queue = new RequestQueue({
      newId: options.newId,
      isShown: (id) => id <= this.#shown,
    });
    this.#catchUpTo = options.welcome.last;
    this.#shown = options.welcome.last;
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

  /** How many messages were typed and are not stored yet. */
  get pending(): number {
    const items = this.#queue.items.slice(this.#queue.isSettled ? 1 : 0);
    return items.filter(({ action }) => action?.type === "send").length;
  }

  /** How many messages were refused, here or by the server. */
  get refused(): number {
    return this.#refusedMessages;
  }

  /** Whether `@quit` was typed. */
  get isQuitting(): boolean {
    return this.#isQuitting;
  }

  /** Begins: catches up. Called once, before anything else. */
  start(): Output[] {
    return this.#queue.push({
      action: null,
      begin: this.#catchUp.bind(this),
      end: () => this.#goLive(),
    });
  }

  /** Handles an event from the server. */
  receive(event: Event): Output[] {
    switch (event.t) {
      case "message":
      case "change":
      case "joined":
      case "left":
        return this.#keptBack === null ? this.#showLive(event) : this.#keepBack(event);
      case "ping":
        return [{
          type: "send",
          command: { t: "pong", ...(event.id === undefined ? {} : { re: event.id }) },
        }];
      case "error":
        // Without `re` it answers nothing in particular, but the user should know.
        return event.re === undefined
          ? [{ type: "show", shown: { type: "refused", text: event.msg } }]
          : this.#queue.answer(event);
      default:
        return this.#queue.answer(event);
    }
  }

  /** Handles a line that was typed, without its end. */
  type(line: string): Output[] {
    const action = parseLine(line);
    if (action.type === "nothing") return [];
    if (action.type !== "quit") return this.#enqueue(action);
    this.#isQuitting = true;
    return this.finish();
  }

  /** No more lines come: leaves once everything before has been answered. */
  finish(): Output[] {
    return this.#queue.push({
      action: { type: "quit" },
      begin: leave,
      end: () => [],
    });
  }

  /** The wait that was asked for is over. */
  retry(): Output[] {
    return this.#queue.retry();
  }

  #enqueue(action: Exclude<Action, { readonly type: "nothing" | "quit" }>): Output[] {
    const item: Item = {
      action,
      begin: () => item.misdirected === undefined ? requestOf(action, this.#desk) : notSent(item),
      end: (result) => {
        if (result === "refused") this.#refusedMessages++;
        return [];
      },
    };
    return this.#queue.push(item);
  }

  *#catchUp(): Request {
    const { welcome: { cursor, last }, isNew, missed } = this.#options;
    const upto = () => this.#catchUpTo;
    if (isNew) yield* firstSight(last);
    const range = { cursor: isNew ? last : cursor, last: upto };
    this.#complete = yield* missed === "all" ? allMissed(range) : lastMissed(range, missed);
    return "done";
  }

  #goLive(): Output[] {
    const keptBack = this.#keptBack ?? [];
    this.#keptBack = null;
    this.#shown = Math.max(this.#shown, this.#catchUpTo);
    return keptBack.flatMap((event) => this.#showLive(event));
  }

  #keepBack(event: Live): Output[] {
    const kept = this.#keptBack ??= [];
    kept.push(event);
    if (kept.length > MAX_KEPT_BACK) {
      const ids = kept.map((one) => "id" in one ? one.id : 0);
      this.#catchUpTo = Math.max(this.#catchUpTo, ...ids);
      this.#keptBack = [];
    }
    return [];
  }

  #showLive(event: Live): Output[] {
    if (event.t === "joined" || event.t === "left") {
      return [{ type: "show", shown: { type: event.t, user: event.user } }];
    }
    if (event.id <= this.#shown) return [];
    this.#shown = event.id;
    const shown = { type: "entry", entry: event } as const;
    // With a hole before it, it must not count as shown: the cursor would jump over the hole.
    const upto = this.#complete ? { upto: event.id } : {};
    return [{ type: "show", shown, ...upto }, ...this.#queue.progress()];
  }

  /** What was typed for a conversation that could not be chosen must not go to the one before. */
  #misdirect(name: string): void {
    for (const item of this.#queue.items.slice(1)) {
      if (item.action?.type === "choose") return;
      if (item.action?.type === "send" && item.action.to.kind === "current") {
        item.misdirected = name;
      }
    }
  }
}

function* leave(): Request {
  yield { type: "leave" };
  return "done";
}

function* notSent({ misdirected }: Item): Request {
  const text = `Not sent: it was typed for ${misdirected}, which could not be chosen.`;
  yield* show({ type: "refused", text });
  return "refused";
}
