/**
 * What a session knows of its user and of whom he talks to: what is unread, whose names were met, whom he
 * ignores, and whether he is there.
 *
 * Source: PRODUCT §5.
 *
 * @module
 */

import { LOBBY } from "../protocol/name.ts";
import type { ActionOf } from "./action.ts";
import type { Live } from "./feed.ts";
import { KnownNames } from "./known_names.ts";
import type { OpenedEntry } from "./opened.ts";
import type { Output } from "./request_queue.ts";
import type { SessionSettings } from "./settings.ts";
import type { Conversation } from "./shown.ts";
import { UnreadCounts } from "./unread.ts";

/** What it is about. */
export interface AwarenessOptions {
  /** The canonical name of the user; empty where it does not matter. */
  readonly user: string;
  /** What the user has set, and whom he ignores. */
  readonly settings: SessionSettings;
}

/** Whose messages are read, and by whom. */
export class Awareness {
  readonly #options: AwarenessOptions;
  /** Names of users and groups. */
  readonly known: KnownNames = new KnownNames();
  /** What is unread. */
  readonly unread: UnreadCounts;
  #isAway = false;
  #oldest = Infinity;

  /**
   * Makes it for a user who is there.
   *
   * @param options Who he is.
   */
  constructor(options: AwarenessOptions) {
    this.#options = options;
    this.unread = new UnreadCounts(options.user);
  }

  /** The least id of an entry that was shown; infinite before. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Nobody looks at the screen from now on. */
  away(): void {
    this.#isAway = true;
  }

  /** The user has a conversation before his eyes. */
  reads(conversation: Conversation): void {
    this.#isAway = false;
    this.unread.clear(conversation);
  }

  /** Whether something is not to be shown. */
  hides(event: Live): boolean {
    const { user, settings: { current, ignored } } = this.#options;
    if (event.t === "joined" || event.t === "left") {
      return current.joins === "off" || ignored.has(event.user);
    }
    return event.t === "message" && event.from !== user && ignored.has(event.from);
  }

  /** What {@linkcode hides} says of entries; `undefined` while nobody is ignored. */
  get hidesEntry(): ((entry: OpenedEntry) => boolean) | undefined {
    return this.#options.settings.ignored.size === 0 ? undefined : (entry) => this.hides(entry);
  }

  /**
   * Finds an unread conversation; from then on it counts as read.
   *
   * @param place Its place in the list, from 1.
   * @returns The choice of it, or why there is none.
   */
  next(place: number): ActionOf<"choose"> | ActionOf<"refused"> {
    const { list } = this.unread;
    const { conversation } = list[place - 1] ?? {};
    if (conversation === undefined) {
      return { type: "refused", text: noNext(list.length), message: false };
    }
    this.unread.clear(conversation);
    const name = conversation.kind === "lobby" ? LOBBY : conversation.name;
    return { type: "choose", name, conversation };
  }

  /**
   * Takes note of what the feed shows.
   *
   * @param output What it wants done.
   * @param current The current conversation.
   */
  shows(output: Output, current: Conversation): void {
    if (output.type !== "show" || !("entry" in output.shown)) return;
    const { entry } = output.shown;
    this.#oldest = Math.min(this.#oldest, entry.id);
    // Without it, it is shown once more to somebody who is new.
    if (output.upto !== undefined) this.unread.see(entry, this.#isAway ? null : current);
  }
}

function noNext(count: number): string {
  if (count === 0) return "Nothing is unread.";
  const some = count === 1 ? "1 conversation has" : `${count} conversations have`;
  return `Only ${some} unread messages. To go to the first: @next`;
}
