/**
 * The search of a person: it goes on beside what he types, one at a time, and can be stopped.
 *
 * Source: PRODUCT §5.
 *
 * @module
 */

import type { OpenedEvent } from "./opened.ts";
import { type Output, RequestQueue } from "./request_queue.ts";
import { Search, type SearchOptions } from "./search.ts";

/** At most one search. */
export class LongSearch {
  readonly #queue: RequestQueue;
  #search: Search | null = null;

  /**
   * Makes it for a session without a connection.
   *
   * @param newId Makes ids that are unique in the account.
   */
  constructor(newId: () => string) {
    // It never waits for an entry of its own.
    this.#queue = new RequestQueue({ newId, isShown: () => true });
  }

  /** Begins a search, in the place of one that goes on. */
  begin(options: SearchOptions): Output[] {
    const stopped = this.stop();
    const search = this.#search = new Search(options);
    const end = () => {
      this.#search = null;
      return [];
    };
    return [...stopped, ...this.#queue.push({ begin: () => search.run(), end })];
  }

  /** Stops it, and says how far it came; nothing where there is none. */
  stop(): Output[] {
    const search = this.#search;
    this.#search = null;
    this.#queue.withdraw(() => true);
    return search === null ? [] : [{ type: "show", shown: search.stopped() }];
  }

  /** The connection is gone. */
  pause(): void {
    this.#queue.pause();
  }

  /** There is a connection, and what was missed has been shown. */
  resume(): Output[] {
    return this.#queue.resume();
  }

  /** Handles what may be a page. */
  answer(event: OpenedEvent): Output[] {
    return this.#queue.answer(event);
  }

  /** A wait is over. */
  retry(): Output[] {
    return this.#queue.retry();
  }
}
