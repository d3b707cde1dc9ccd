/**
 * What has not been read yet: messages of other people, counted by conversation.
 *
 * A message counts if it is not one's own and its conversation is not the current one, or came while the
 * user was away. It holds counts only, no texts, and of so many conversations at the most.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { canonicalName, LOBBY } from "../protocol/name.ts";
import { mentions } from "./mention.ts";
import type { OpenedEntry, OpenedMessage } from "./opened.ts";
import type { Conversation } from "./shown.ts";

/** The unread messages of one conversation. */
export interface Unread {
  /** Which. */
  readonly conversation: Conversation;
  /** How many messages. */
  readonly count: number;
  /** How many of them name the user or everybody. */
  readonly mentions: number;
}

/** Conversations that are counted at the most. */
const MOST_CONVERSATIONS = 1_000;

/** Counts of unread messages, ordered by the first unread one. */
export class UnreadCounts {
  readonly #user: string;
  readonly #counts = new Map<string, Unread>();
  #list: readonly Unread[] | null = null;

  /**
   * Makes it with nothing unread.
   *
   * @param user The canonical name of the user.
   */
  constructor(user: string) {
    this.#user = user;
  }

  /** What is unread, ordered by the first unread message; the same array until something changes. */
  get list(): readonly Unread[] {
    return this.#list ??= [...this.#counts.values()];
  }

  /**
   * Takes note of an entry that is shown for the first time.
   *
   * @param entry Which.
   * @param reading The conversation that the user has before his eyes; `null` while he is away.
   */
  see(entry: OpenedEntry, reading: Conversation | null): void {
    if (entry.t === "change" && endsFor(entry, this.#user)) {
      return this.clear({ kind: "group", name: canonicalName(entry.group) ?? entry.group });
    }
    if (entry.t !== "message" || entry.from === this.#user) return;
    const conversation = conversationOf(entry, this.#user);
    if (conversation === null) return;
    if (reading !== null && keyOf(reading) === keyOf(conversation)) return;
    this.#add(conversation, entry.body);
  }

  /** All of a conversation has been read. */
  clear(conversation: Conversation): void {
    if (this.#counts.delete(keyOf(conversation))) this.#list = null;
  }

  #add(conversation: Conversation, body: string): void {
    const key = keyOf(conversation);
    const known = this.#counts.get(key);
    if (known === undefined && this.#counts.size >= MOST_CONVERSATIONS) return;
    this.#counts.set(key, {
      conversation,
      count: (known?.count ?? 0) + 1,
      mentions: (known?.mentions ?? 0) + (mentions(body, this.#user) ? 1 : 0),
    });
    this.#list = null;
  }
}

/**
 * Says what conversation a message belongs to.
 *
 * @param message The message.
 * @param user The canonical name of the user.
 * @returns The conversation; `null` where its name is none, so that nobody could choose it.
 */
export function conversationOf(
  { kind, from, to }: Pick<OpenedMessage, "kind" | "from" | "to">,
  user: string,
): Conversation | null {
  if (kind === "lobby") return { kind: "lobby" };
  const name = kind === "direct" && to === user ? from : to;
  // Whatever the server sends: it is compared, and could be typed, in this form only.
  const canonical = canonicalName(name);
  if (canonical === null) return null;
  return { kind: kind === "group" ? "group" : "user", name: canonical };
}

/** No name has a blank or is the lobby's. */
function keyOf(conversation: Conversation): string {
  return conversation.kind === "lobby" ? LOBBY : `${conversation.kind} ${conversation.name}`;
}

/** Whether the user is in the group no more. */
function endsFor(entry: Extract<OpenedEntry, { t: "change" }>, user: string): boolean {
  return entry.change === "deleted" || (entry.change === "left" && entry.by === user) ||
    (entry.change === "members" && entry.removed.includes(user));
}
