/**
 * What happens to entries once they are stored: they become part of the state, and are told.
 *
 * No I/O but handing the text of an event to sessions, which never wait. An event is serialised once
 * for all its receivers.
 *
 * @module
 */

import { encodeEvent } from "../protocol/codec.ts";
import type { ChangeEntry, Entry, MessageEntry } from "../protocol/event.ts";
import type { Chains } from "./chains.ts";
import type { Conversations } from "./conversation.ts";
import type { Accepted } from "./decision.ts";
import type { Directory } from "./directory.ts";
import type { Presence } from "./presence.ts";

/** Brings stored entries to those who may read them. */
export class Delivery {
  readonly #chains: Chains;
  readonly #conversations: Conversations;
  readonly #directory: Directory;
  readonly #presence: Presence;

  /**
   * Makes a `Delivery`.
   *
   * @param parts Chains, memberships and names to change, sessions to tell.
   */
  constructor(
    parts: {
      readonly chains: Chains;
      readonly conversations: Conversations;
      readonly directory: Directory;
      readonly presence: Presence;
    },
  ) {
    this.#chains = parts.chains;
    this.#conversations = parts.conversations;
    this.#directory = parts.directory;
    this.#presence = parts.presence;
  }

  /**
   * Applies and tells what has been stored, in order.
   *
   * @param decision What the hub decided and the journal has committed.
   */
  deliver(decision: Accepted): void {
    const { chain, tells } = decision;
    if (chain !== undefined) this.#chains.set(chain.conversation, chain.chain);
    for (const entry of decision.entries) {
      const audience = entry.t === "change" ? this.#change(entry) : this.#message(entry, decision);
      this.#presence.deliver(encodeEvent(entry), audience);
    }
    if (tells !== undefined) this.#presence.deliver(encodeEvent(tells.event), tells.users);
    if (decision.ends === undefined) return;
    const { user, id, standing } = decision.ends;
    this.#conversations.endAccount(user, id);
    this.#directory.removeUser(user);
    this.#directory.standings.set(user, standing);
  }

  #message(entry: MessageEntry, { opens }: Accepted): Iterable<string> | undefined {
    if (opens !== undefined) {
      this.#conversations.openDirect(opens.conversation, opens.users, entry.id);
    }
    if (entry.kind === "lobby") return undefined;
    if (entry.kind === "direct") return new Set([entry.from, entry.to]);
    return this.#members(entry);
  }

  /** Those who were in the group before or are in it after: who goes hears of it as well. */
  #change(entry: ChangeEntry): Iterable<string> {
    const audience = new Set(this.#members(entry));
    this.#conversations.apply(entry);
    for (const user of this.#members(entry)) audience.add(user);
    if (entry.change === "deleted") audience.add(entry.by);
    return audience;
  }

  #members(entry: Entry): Iterable<string> {
    return this.#conversations.groupById(entry.conversation)?.members.keys() ?? [];
  }
}
