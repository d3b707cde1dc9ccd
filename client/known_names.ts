/**
 * Names of users and groups that a session has met, for completion.
 *
 * Only names that one could type, and so many at the most: those met last stay.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { canonicalName } from "../protocol/name.ts";
import type { OpenedEntry, OpenedEvent } from "./opened.ts";

/** Names, each kind sorted. */
export interface Names {
  /** Of users. */
  readonly users: readonly string[];
  /** Of groups. */
  readonly groups: readonly string[];
}

/** Users that are remembered, and groups. */
const MOST = 2_000;

/** The names that were met. */
export class KnownNames {
  readonly #users = new Set<string>();
  readonly #groups = new Set<string>();
  #names: Names | null = null;

  /** The names; the same object until there is another name. */
  get names(): Names {
    return this.#names ??= { users: [...this.#users].sort(), groups: [...this.#groups].sort() };
  }

  /** Takes note of the names in an event. */
  see(event: OpenedEvent): void {
    switch (event.t) {
      case "message":
      case "change":
        return this.#seeEntry(event);
      case "history":
        return event.entries.forEach((entry) => this.#seeEntry(entry));
      case "joined":
      case "left":
        return this.#add(this.#users, event.user);
      case "names":
        return event.users.forEach((user) => this.#add(this.#users, user));
      case "groups":
        return event.groups.forEach(({ name }) => this.#add(this.#groups, name));
      case "group_info":
        this.#add(this.#groups, event.group);
        return event.members.forEach(({ name }) => this.#add(this.#users, name));
      case "found":
        return this.#add(event.kind === "group" ? this.#groups : this.#users, event.name);
    }
  }

  #seeEntry(entry: OpenedEntry): void {
    if (entry.t === "damaged") return;
    if (entry.t === "message") {
      this.#add(this.#users, entry.from);
      if (entry.kind === "group") this.#add(this.#groups, entry.to);
      else if (entry.kind === "direct") this.#add(this.#users, entry.to);
      return;
    }
    if (entry.change === "deleted") return this.#remove(this.#groups, entry.group);
    this.#add(this.#groups, entry.group);
    if (entry.change === "created") entry.members.forEach((name) => this.#add(this.#users, name));
    if (entry.change === "members") entry.added.forEach((name) => this.#add(this.#users, name));
  }

  #add(names: Set<string>, typed: string): void {
    const name = canonicalName(typed);
    if (name === null) return;
    const isKnown = names.delete(name);
    names.add(name);
    if (isKnown) return;
    this.#names = null;
    const [oldest] = names;
    if (names.size > MOST && oldest !== undefined) names.delete(oldest);
  }

  #remove(names: Set<string>, name: string): void {
    if (names.delete(canonicalName(name) ?? name)) this.#names = null;
  }
}
