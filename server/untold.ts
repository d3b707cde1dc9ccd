/**
 * What is stored and not told yet.
 *
 * It is told at once, unless more waits to be stored: then that is waited for, a little, so that both go
 * into the same frames. What a frame costs its receivers' outboxes is much the same for one message and
 * for ten.
 *
 * @module
 */

import { changesState } from "./decision.ts";
import type { Delivery } from "./delivery.ts";
import type { Decided } from "./journal.ts";

/** Submissions that are stored and not told: about what fills the longest frame. */
const MOST_UNTOLD = 500;

/** Milliseconds for which what is stored waits for what is about to be. */
const UNTOLD_MS = 5;

/** Decisions between the store and the people. */
export class Untold {
  readonly #delivery: Delivery;
  readonly #uptime: () => number;
  #waiting: Decided[] = [];
  #since = 0;

  /**
   * Makes an empty one.
   *
   * @param options Tells; milliseconds of a clock that never goes back.
   */
  constructor(options: { readonly delivery: Delivery; readonly uptime: () => number }) {
    this.#delivery = options.delivery;
    this.#uptime = options.uptime;
  }

  /** Adds what has been stored, in order. */
  add(stored: readonly Decided[]): void {
    if (this.#waiting.length === 0) this.#since = this.#uptime();
    this.#waiting.push(...stored);
  }

  /**
   * Says whether it may not wait.
   *
   * @param options Whether more waits to be stored. Nothing more may be decided before a change of the
   *   state is told.
   */
  isDue({ moreWaits }: { readonly moreWaits: boolean }): boolean {
    return !moreWaits || this.#waiting.length >= MOST_UNTOLD ||
      this.#uptime() - this.#since >= UNTOLD_MS ||
      this.#waiting.some(({ decision }) => changesState(decision));
  }

  /**
   * Answers and delivers all of it.
   *
   * @returns The newest entry in it, or `null`.
   */
  tell(): number | null {
    let newest: number | null = null;
    for (const { submission, decision } of this.#waiting) {
      const { entries } = decision;
      submission.done({ stored: entries });
      this.#delivery.deliver(decision);
      newest = entries.at(-1)?.id ?? newest;
      decision.hold?.[Symbol.dispose]();
    }
    this.#waiting = [];
    this.#delivery.flush();
    return newest;
  }
}
