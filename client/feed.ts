/**
 * What is shown of what others do: what was missed first, then what comes, each entry once.
 *
 * Ids grow strictly, so an entry that is not greater than the last one was shown before. Live entries
 * are kept back until everything before them has been shown, however long the server takes for it.
 * After a connection was lost it goes on behind the last entry that was shown in this run, wherever the
 * account's cursor is by then.
 * Source: PRODUCT §2, §4.2; docs/PROTOCOL.md, "Log in".
 *
 * @module
 */

import type { EventOf } from "../protocol/event.ts";
import { allMissed, firstSight, lastMissed } from "./catch_up.ts";
import type { MarkedEntry, OpenedEntry, OpenedEvent, OpenedMessage } from "./opened.ts";
import type { Request } from "./request.ts";
import { type Output, RequestQueue } from "./request_queue.ts";

/** Live entries kept back while catching up; beyond, they are fetched like the rest. */
const MAX_KEPT_BACK = 1_000;

/** An event that concerns what is shown. */
export type Live =
  | OpenedMessage
  | MarkedEntry
  | EventOf<"change">
  | EventOf<"joined">
  | EventOf<"left">;

/** How a feed begins. */
export interface FeedOptions {
  /** Entries up to this id are not to be shown. */
  readonly cursor: number;
  /** Whether the account was made by this login. */
  readonly isNew: boolean;
  /** How many entries are shown that were missed before this run. */
  readonly missed: "all" | number;
  /** Makes ids for requests. */
  readonly newId: () => string;
  /** Called when everything that was missed has been shown. */
  readonly caughtUp: () => Output[];
  /** Looks at a live entry once more when it is shown. */
  readonly shown?: ((entry: OpenedEntry) => OpenedEntry) | undefined;
  /** Whether something is passed over. */
  readonly hides: (event: Live) => boolean;
}

/** The entries that one user sees. */
export class Feed {
  readonly #options: FeedOptions;
  #requests: RequestQueue;
  #keptBack: Live[] | null = [];
  #shown: number;
  #end = 0;
  #isFirst = true;

  /**
   * Makes a feed without a connection.
   *
   * @param options How it begins.
   */
  constructor(options: FeedOptions) {
    this.#options = options;
    this.#shown = options.cursor;
    this.#requests = this.#newRequests();
  }

  /** Entries up to this id have been shown. */
  get shown(): number {
    return this.#shown;
  }

  /** Begins on a connection: catches up. */
  begin(last: number): Output[] {
    this.#end = last;
    this.#keptBack = [];
    this.#requests = this.#newRequests();
    this.#requests.resume();
    const begin = () => this.#catchUp(last);
    return this.#track(this.#requests.push({ begin, end: () => this.#goLive() }));
  }

  /** Handles an event as it happens. */
  receive(event: Live): Output[] {
    return this.#keptBack === null ? this.#showLive(event) : this.#keepBack(event);
  }

  /** Handles what may be the answer to a request for missed entries. */
  answer(event: OpenedEvent): Output[] {
    return this.#track(this.#requests.answer(event));
  }

  /** The wait that was asked for is over. */
  retry(): Output[] {
    return this.#track(this.#requests.retry());
  }

  #newRequests(): RequestQueue {
    return new RequestQueue({ newId: this.#options.newId, isShown: (id) => id <= this.#shown });
  }

  *#catchUp(last: number): Request {
    const { isNew, missed, hides } = this.#options;
    if (isNew && this.#isFirst) yield* firstSight(last);
    const range = { cursor: this.#shown, last: () => this.#end, hides };
    // What came while the connection was lost is shown whole (PRODUCT §4.2).
    yield* missed === "all" || !this.#isFirst ? allMissed(range) : lastMissed(range, missed);
    return "done";
  }

  #goLive(): Output[] {
    const keptBack = this.#keptBack ?? [];
    this.#keptBack = null;
    this.#isFirst = false;
    this.#shown = Math.max(this.#shown, this.#end);
    const outputs = keptBack.flatMap((event) => this.#showLive(event));
    return [...outputs, ...this.#options.caughtUp()];
  }

  #keepBack(event: Live): Output[] {
    const kept = this.#keptBack ??= [];
    kept.push(event);
    if (kept.length > MAX_KEPT_BACK) {
      const ids = kept.map((one) => "id" in one ? one.id : 0);
      this.#end = Math.max(this.#end, ...ids);
      this.#keptBack = [];
    }
    return [];
  }

  #showLive(event: Live): Output[] {
    const { hides } = this.#options;
    if (event.t === "joined" || event.t === "left") {
      return hides(event) ? [] : [{ type: "show", shown: { type: event.t, user: event.user } }];
    }
    if (event.id <= this.#shown) return [];
    if (hides(event)) return this.#track([{ type: "passed", upto: event.id }]);
    const entry = this.#options.shown?.(event) ?? event;
    return this.#track([{ type: "show", shown: { type: "entry", entry }, upto: event.id }]);
  }

  #track(outputs: readonly Output[]): Output[] {
    return outputs.map((output) => {
      if (output.type !== "show" && output.type !== "passed") return output;
      if (output.upto === undefined) return output;
      this.#isFirst = false;
      this.#shown = Math.max(this.#shown, output.upto);
      return output;
    });
  }
}
