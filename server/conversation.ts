/**
 * Who may read which entries: conversations, and memberships as intervals of entry ids.
 *
 * A conversation is known by its id (FTC1 §7.3), never by its name. A membership begins with the
 * entry that makes it and ends with the entry that ends it, both included; what lies in one's
 * intervals stays readable for ever (PRODUCT §3). The state is the sum of the changes applied: at
 * start those of the store, then those committed. No I/O, no clock.
 *
 * @module
 */

import type { ChangeEntry } from "../protocol/event.ts";
import { LOBBY } from "../protocol/name.ts";

/** From one entry id to another, both included; `to` is infinite while it lasts. */
export interface Interval {
  /** First entry id. */
  readonly from: number;
  /** Last entry id, or `Infinity`. */
  to: number;
}

/** A group, as its changes have made it. */
export interface Group {
  /** FTC1 §7.3, base64url. */
  readonly id: string;
  /** Its name for ever. */
  readonly name: string;
  /** One of the members. */
  owner: string;
  /** When it was created, milliseconds. */
  readonly since: number;
  /** Present members, in order of joining: entry id and time (milliseconds) of joining. */
  readonly members: Map<string, { readonly id: number; readonly at: number }>;
  /** When it was deleted, milliseconds; absent while it exists. */
  deletedAt?: number;
}

/** What a user may read of one conversation. */
export interface Readable {
  /** Conversation id. */
  readonly conversation: string;
  /** Ascending, not overlapping. */
  readonly intervals: readonly Interval[];
}

const EVERYTHING: readonly Interval[] = [{ from: 0, to: Infinity }];

/** All conversations of a server. */
export class Conversations {
  readonly #groups = new Map<string, Group>();
  /** The newest group of each name, deleted or not. */
  readonly #byName = new Map<string, Group>();
  /** user → conversation id → intervals */
  readonly #memberships = new Map<string, Map<string, Interval[]>>();
  /** user → the id up to which another account had the name */
  readonly #ended = new Map<string, number>();

  /**
   * Finds the group of a name, where the user is a present member.
   *
   * @param name Canonical.
   * @param user Who asks.
   */
  groupOf(name: string, user: string): Group | null {
    const group = this.#byName.get(name);
    return group?.members.has(user) ? group : null;
  }

  /** Finds a group by its conversation id. */
  groupById(id: string): Group | null {
    return this.#groups.get(id) ?? null;
  }

  /** Finds the newest group of a name, deleted or not. */
  groupNamed(name: string): Group | null {
    return this.#byName.get(name) ?? null;
  }

  /** Present groups of a user, sorted by name. */
  groupsOf(user: string): Group[] {
    return [...this.#memberships.get(user)?.keys() ?? []]
      .flatMap((id) => this.#groups.get(id) ?? [])
      .filter((group) => group.members.has(user))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether the user has been in a group of this name, and may read what was said then. */
  wasIn(name: string, user: string): boolean {
    return this.readableGroup(name, user) !== null;
  }

  /**
   * Finds what a user may read under the name of a group: the present one if he is in it, else the
   * one that he was in last.
   */
  readableGroup(name: string, user: string): Readable | null {
    const own = [...this.#memberships.get(user) ?? []]
      .filter(([id]) => this.#groups.get(id)?.name === name)
      .map(([conversation, intervals]) => ({ conversation, intervals }));
    return own.sort((a, b) => lastOf(a) - lastOf(b)).at(-1) ?? null;
  }

  /** Finds what a user may read of the conversation with this id. */
  readable(conversation: string, user: string): Readable | null {
    if (conversation === LOBBY) return { conversation, intervals: EVERYTHING };
    const intervals = this.#memberships.get(user)?.get(conversation);
    return intervals === undefined ? null : { conversation, intervals };
  }

  /** All that a user may read. */
  allReadable(user: string): Readable[] {
    const own = [...this.#memberships.get(user) ?? []];
    return [
      { conversation: LOBBY, intervals: EVERYTHING },
      ...own.map(([conversation, intervals]) => ({ conversation, intervals })),
    ];
  }

  /** Whether a direct conversation is open for all of its users. */
  isOpen(conversation: string, users: readonly string[]): boolean {
    return users.every((user) => this.#memberships.get(user)?.has(conversation) ?? false);
  }

  /**
   * Makes users members of a direct conversation; those who are members stay it from where they were.
   *
   * @param conversation Its id.
   * @param users One (a note to oneself) or two.
   * @param from The id of its first entry.
   */
  openDirect(conversation: string, users: Iterable<string>, from: number): void {
    for (const user of users) {
      if (!this.isOpen(conversation, [user])) this.#begin(user, conversation, from);
    }
  }

  /**
   * Ends all memberships of an account without a word, those of its groups included: whoever has its
   * name later reads nothing of them, and is in none of them (FTC1 §7.3, §7.4). May come before the
   * entries it is about, as it does at start.
   *
   * @param user The name.
   * @param id An id after all entries that the account could read.
   */
  endAccount(user: string, id: number): void {
    this.#ended.set(user, id);
    const own = this.#memberships.get(user);
    for (const [conversation, intervals] of own ?? []) {
      const group = this.#groups.get(conversation);
      if ((group?.members.get(user)?.id ?? Infinity) <= id) group?.members.delete(user);
      const later = intervals.filter(({ from }) => from > id);
      if (later.length > 0) own?.set(conversation, later);
      else own?.delete(conversation);
    }
    if (own?.size === 0) this.#memberships.delete(user);
  }

  /** Applies a change of a group that has been committed. */
  apply(entry: ChangeEntry): void {
    if (entry.change === "created") return this.#create(entry);
    const group = this.#groups.get(entry.conversation);
    if (group === undefined) {
      throw new Error(`Cannot apply change ${entry.id}: no group ${entry.conversation}`);
    }
    if (entry.change === "members") {
      for (const user of entry.removed) this.#leave(user, group, entry);
      for (const user of entry.added) this.#join(user, group, entry);
    } else if (entry.change === "left") this.#leave(entry.by, group, entry);
    else if (entry.change === "owner") group.owner = entry.owner;
    else this.#delete(group, entry);
  }

  #create(entry: ChangeEntry & { change: "created" }): void {
    const { conversation: id, group: name, by: owner, at: since } = entry;
    const group: Group = { id, name, owner, since, members: new Map() };
    this.#groups.set(id, group);
    this.#byName.set(name, group);
    // The owner is listed last but is the longest-standing member.
    for (const user of [owner, ...entry.members.filter((m) => m !== owner)]) {
      this.#join(user, group, entry);
    }
  }

  #delete(group: Group, entry: ChangeEntry & { change: "deleted" }): void {
    group.deletedAt = entry.at;
    for (const user of [...group.members.keys()]) this.#leave(user, group, entry);
    // The last one has left before: he is to see the end as well.
    const last = this.#memberships.get(entry.by)?.get(group.id)?.at(-1);
    if (last !== undefined && last.to < entry.id) last.to = entry.id;
  }

  #join(user: string, group: Group, entry: ChangeEntry): void {
    if (entry.id <= (this.#ended.get(user) ?? -1)) return;
    group.members.set(user, { id: entry.id, at: entry.at });
    this.#begin(user, group.id, entry.id);
  }

  #leave(user: string, group: Group, entry: ChangeEntry): void {
    group.members.delete(user);
    const interval = this.#memberships.get(user)?.get(group.id)?.at(-1);
    if (interval !== undefined) interval.to = entry.id;
  }

  #begin(user: string, conversation: string, from: number): void {
    if (from <= (this.#ended.get(user) ?? -1)) return;
    const own = this.#memberships.get(user) ?? new Map<string, Interval[]>();
    this.#memberships.set(user, own);
    const intervals = own.get(conversation) ?? [];
    own.set(conversation, intervals);
    intervals.push({ from, to: Infinity });
  }
}

function lastOf(readable: Readable): number {
  const last = readable.intervals.at(-1);
  return last === undefined ? 0 : last.to === Infinity ? Infinity : last.to;
}
