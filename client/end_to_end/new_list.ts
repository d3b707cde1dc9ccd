/**
 * The list of members that a command for a group asks for, and the change that makes it.
 *
 * An addition alone needs wraps for the newcomers only; whatever removes somebody needs a new key for all.
 * Somebody whose account was made anew under its old name is another member: he is replaced.
 *
 * Source: PRODUCT §3; FTC1 §7.4.
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import type { ChainHead } from "../../cipher/epoch_rules.ts";
import type { Identity } from "../../cipher/identity.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import { MAX_GROUP_MEMBERS } from "../../protocol/limits.ts";
import { canonicalName } from "../../protocol/name.ts";
import { Refused } from "./asker.ts";
import type { KeyDirectory } from "./key_directory.ts";
import type { Pins } from "./pins.ts";

/** A list and what makes it. */
export interface NewList {
  /** The change. */
  readonly change: "add" | "remove" | "replace" | "close";
  /** The whole list. */
  readonly members: readonly Member[];
}

/** What was typed. */
export interface Typed {
  /** The group. */
  readonly group: string;
  /** Names, as typed. */
  readonly members: readonly string[];
}

/** What lists are made with. */
export interface NewListsOptions {
  /** Present keys. */
  readonly keys: KeyDirectory;
  /** Keys as pinned. */
  readonly pins: Pins;
  /** Who asks. */
  readonly identity: () => Identity;
}

/** Makes lists of members. */
export class NewLists {
  readonly #options: NewListsOptions;

  /**
   * Makes it.
   *
   * @param options Keys and pins.
   */
  constructor(options: NewListsOptions) {
    this.#options = options;
  }

  /**
   * Lists the members of a new group.
   *
   * @throws {Refused} If somebody does not exist, or there are too few or too many.
   */
  async create({ members }: Typed): Promise<readonly Member[]> {
    const others = await this.#present(members, "created");
    return this.#checked([this.#me(), ...others]);
  }

  /**
   * Lists what `@group set` wants of a group that exists.
   *
   * @returns `null` where it is so already.
   * @throws {Refused} As {@linkcode create}.
   */
  async replace(head: ChainHead, { members }: Typed): Promise<NewList | null> {
    const others = await this.#present(members, "changed");
    const wanted = this.#checked([this.#me(), ...others]);
    const names = new Set(wanted.map(({ name }) => name));
    return this.#change(head, wanted, [...head.members.keys()].some((name) => !names.has(name)));
  }

  /**
   * Lists the members with new ones.
   *
   * @returns `null` where all are members already.
   * @throws {Refused} As {@linkcode create}.
   */
  async add(head: ChainHead, { members }: Typed): Promise<NewList | null> {
    const fresh = await this.#present(members, "changed");
    const list = new Map<string, Member>(head.members);
    for (const one of fresh) {
      const { role = ROLE.member } = list.get(one.name) ?? {};
      list.set(one.name, { ...one, role });
    }
    return this.#change(head, this.#checked([...list.values()]), false);
  }

  /**
   * Lists the members without some.
   *
   * @throws {Refused} If one is no member, or the owner himself.
   */
  remove(head: ChainHead, { group, members }: Typed): Promise<NewList | null> {
    const { user } = this.#options.identity();
    const list = new Map<string, Member>(head.members);
    for (const typed of members) {
      const name = canonicalName(typed) ?? typed;
      if (name === user) {
        throw refused(`You are the owner of ${group}. To leave it: @group leave ${group}`);
      }
      if (!head.members.has(name)) {
        throw refused(`${name} is not a member of ${group}.`, "no_member");
      }
      list.delete(name);
    }
    return Promise.resolve(this.#change(head, [...list.values()], true));
  }

  #change(head: ChainHead, members: readonly Member[], removes: boolean): NewList | null {
    const isOther = ({ name, fingerprint }: Member) => {
      const listed = head.members.get(name);
      return listed !== undefined && !equal(listed.fingerprint, fingerprint);
    };
    const replaced = members.some(isOther);
    const added = members.some(({ name }) => !head.members.has(name));
    if (!replaced && !added && !removes) return null;
    // Whom a warning is about stops messages and admissions, not the removal of anybody.
    if (replaced || added) this.#refuseObstacle(members);
    const change = replaced || (added && removes) ? "replace" : removes ? "remove" : "add";
    return { change, members };
  }

  /** The members of these names under their present keys, without the one who asks. */
  async #present(typed: readonly string[], what: "created" | "changed"): Promise<Member[]> {
    const { keys, pins, identity } = this.#options;
    const { user } = identity();
    const names = [...new Set(typed.map((name) => canonicalName(name) ?? name))]
      .filter((name) => name !== user);
    const valid = names.filter((name) => canonicalName(name) !== null);
    const found = valid.length === 0 ? new Map() : await keys.present(valid);
    const unknown = names.filter((name) => !found.has(name));
    if (unknown.length > 0) {
      const msg = `Unknown users: ${unknown.map(cut).join(", ")}. Nothing ${what}.`;
      throw refused(msg, "unknown_users");
    }
    await pins.see(found);
    const members = [...found].flatMap(([name, record]) =>
      record === "invalid" ? [] : [{ name, fingerprint: record.fingerprint, role: ROLE.member }]
    );
    this.#refuseObstacle([...found.keys()].map((name) => ({ name })));
    return members;
  }

  #me(): Member {
    const { user, fingerprint } = this.#options.identity();
    return { name: user, fingerprint, role: ROLE.owner };
  }

  #checked(members: readonly Member[]): readonly Member[] {
    if (members.length < 2) throw refused("A group needs at least one other member.");
    if (members.length > MAX_GROUP_MEMBERS + 1) {
      const most = MAX_GROUP_MEMBERS.toLocaleString("en");
      throw refused(`A group has at most ${most} other members.`);
    }
    return members;
  }

  #refuseObstacle(members: readonly { readonly name: string }[]): void {
    const { user } = this.#options.identity();
    const others = members.map(({ name }) => name).filter((name) => name !== user);
    const obstacle = this.#options.pins.obstacle(others);
    if (obstacle !== null) throw new Refused({ code: "trust", msg: obstacle });
  }
}

/** Characters of an unknown name that are said again. */
const MOST_SHOWN = 64;

function cut(name: string): string {
  return name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN).toWellFormed()}…` : name;
}

function refused(msg: string, code = "bad_request"): Refused {
  return new Refused({ code, msg });
}
