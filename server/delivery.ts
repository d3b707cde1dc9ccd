/**
 * What happens to entries once they are stored: they become part of the state, and are told.
 *
 * No I/O but handing the text of an event to sessions, which never wait. An event is serialised once
 * for all its receivers; messages that follow each other in one conversation are one text.
 *
 * @module
 */

import { encodeEvent } from "../protocol/codec.ts";
import type { ChangeEntry, Entry, MessageEntry } from "../protocol/event.ts";
import { continuesRun, encodeRun } from "../protocol/message_run.ts";
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
  /** Messages that follow each other in one conversation. */
  #run: MessageEntry[] = [];

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
   * Applies and tells what has been stored, in order; messages wait for `flush`.
   *
   * @param decision What the hub decided and the journal has committed.
   */
  deliver(decision: Accepted): void {
    const { chain, tells, ends } = decision;
    if (chain !== undefined) this.#chains.set(chain.conversation, chain.chain);
    for (const entry of decision.entries) {
      if (entry.t === "message") this.#message(entry, decision);
      else this.#tell(encodeEvent(entry), this.#change(entry));
    }
    if (tells !== undefined) this.#tell(encodeEvent(tells.event), tells.users);
    if (ends === undefined) return;
    this.flush();
    const { user, id, standing } = ends;
    this.#conversations.endAccount(user, id);
    this.#directory.removeUser(user);
    this.#directory.standings.set(user, standing);
  }

  /** Tells the messages that wait. */
  flush(): void {
    const [first] = this.#run;
    if (first === undefined) return;
    const audience = this.#audience(first);
    for (const text of encodeRun(this.#run)) this.#presence.deliver(text, audience);
    this.#run = [];
  }

  #tell(text: Uint8Array, audience: Iterable<string>): void {
    this.flush();
    this.#presence.deliver(text, audience);
  }

  #message(entry: MessageEntry, { opens }: Accepted): void {
    if (opens !== undefined) {
      this.#conversations.openDirect(opens.conversation, opens.users, entry.id);
    }
    const before = this.#run.at(-1);
    if (before !== undefined && !continuesRun(before, entry)) this.flush();
    this.#run.push(entry);
  }

  #audience(entry: MessageEntry): readonly string[] | undefined {
    if (entry.kind === "lobby") return undefined;
    return entry.kind === "direct"
      ? [...new Set([entry.from, entry.to])]
      : [...this.#members(entry)];
  }

  /** Those who were in the group before or are in it after: who goes hears of it as well. */
  #change(entry: ChangeEntry): Iterable<string> {
    this.flush();
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
