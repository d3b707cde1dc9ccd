/**
 * What may be done with groups, and which changes come of it (PRODUCT §3).
 *
 * Pure: present state in, changes or a refusal out.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { ChangeEntry } from "../protocol/event.ts";
import { MAX_GROUP_MEMBERS } from "../protocol/limits.ts";
import { canonicalName } from "../protocol/name.ts";
import type { Group } from "./conversation.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** A change before it has an id and a time. */
export type Change = DistributiveOmit<ChangeEntry, "id" | "at" | "conversation" | "t" | "group">;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The changes that are to be made, none where all is as it should be; or why not. */
export type Ruling =
  | { readonly changes: readonly Change[]; readonly text?: string }
  | { readonly refused: Refusal };

/**
 * Most names in one change, so that its entry stays far below a page and a stored value: 1,001 names
 * of 32 characters with quotes and commas are 35 KB.
 */
const NAMES_PER_CHANGE = MAX_GROUP_MEMBERS + 1;

/** What a list of names came to: the names, or who of them does not exist. */
export type MemberList =
  | { readonly names: readonly string[] }
  | { readonly refused: Refusal };

/**
 * Reads a list of members: lower case, each once, without the one who asks.
 *
 * @param typed As it came.
 * @param options Who asks, who exists, and what is not done if somebody does not.
 */
export function readMembers(
  typed: readonly string[],
  options: {
    readonly user: string;
    readonly exists: (name: string) => boolean;
    readonly what: "created" | "changed";
  },
): MemberList {
  const names = new Set<string>();
  const unknown = new Set<string>();
  for (const one of typed) {
    const name = canonicalName(one);
    if (name === null || !options.exists(name)) unknown.add(name ?? one);
    else if (name !== options.user) names.add(name);
  }
  if (unknown.size > 0) return { refused: refuse.unknownUsers([...unknown], options.what) };
  if (names.size > MAX_GROUP_MEMBERS) return { refused: refuse.tooManyMembers() };
  return { names: [...names] };
}

/** Rules on a new group: the creator is listed last. */
export function create(user: string, members: readonly string[]): Ruling {
  if (members.length === 0) return { refused: refuse.tooFewMembers() };
  return { changes: [{ change: "created", by: user, members: [...members, user] }] };
}

/** Rules on replacing the members of one's own group. */
export function replace(user: string, group: Group, members: readonly string[]): Ruling {
  if (group.owner !== user) return { refused: refuse.notOwner(group.name) };
  if (members.length === 0) return { refused: refuse.tooFewMembers() };
  const wanted = new Set([user, ...members]);
  const added = members.filter((name) => !group.members.has(name));
  const removed = [...group.members.keys()].filter((name) => !wanted.has(name));
  return memberChanges(user, { group, added, removed });
}

/** Rules on adding members. */
export function add(user: string, group: Group, members: readonly string[]): Ruling {
  if (group.owner !== user) return { refused: refuse.notOwner(group.name) };
  const added = members.filter((name) => !group.members.has(name));
  if (group.members.size - 1 + added.length > MAX_GROUP_MEMBERS) {
    return { refused: refuse.tooManyMembers() };
  }
  return memberChanges(user, { group, added, removed: [] });
}

/** Rules on removing members; the list is as it came. */
export function remove(user: string, group: Group, typed: CommandOf<"group_remove">): Ruling {
  if (group.owner !== user) return { refused: refuse.notOwner(group.name) };
  const removed = new Set<string>();
  for (const one of typed.members) {
    const name = canonicalName(one) ?? one;
    if (name === user) return { refused: refuse.ownerCannotBeRemoved(group.name) };
    if (!group.members.has(name)) return { refused: refuse.notMember(name, group.name) };
    removed.add(name);
  }
  return memberChanges(user, { group, added: [], removed: [...removed] });
}

/** Rules on leaving: an owner's place passes on, and the last one out deletes the group. */
export function leave(user: string, group: Group): Ruling {
  const left: Change = { change: "left", by: user };
  if (group.owner !== user) return { changes: [left] };
  const next = longestStanding(group, user);
  return next === null
    ? { changes: [left, { change: "deleted", by: user }] }
    : { changes: [left, { change: "owner", owner: next }] };
}

/** Rules on deleting. */
export function dissolve(user: string, group: Group): Ruling {
  if (group.owner !== user) return { refused: refuse.notOwner(group.name) };
  return { changes: [{ change: "deleted", by: user }] };
}

/** Who has been a member longest, by the entry of joining, then by name. */
function longestStanding(group: Group, except: string): string | null {
  const others = [...group.members].filter(([name]) => name !== except);
  others.sort(([a, joinedA], [b, joinedB]) => joinedA.id - joinedB.id || (a < b ? -1 : 1));
  return others[0]?.[0] ?? null;
}

function memberChanges(
  by: string,
  change: { readonly group: Group; readonly added: string[]; readonly removed: string[] },
): Ruling {
  const { group, added, removed } = change;
  if (added.length + removed.length === 0) {
    return { changes: [], text: `Group ${group.name}: nothing to change.` };
  }
  if (added.length + removed.length <= NAMES_PER_CHANGE) {
    return { changes: [{ change: "members", by, added, removed }] };
  }
  return {
    changes: [
      { change: "members", by, added: [], removed },
      { change: "members", by, added, removed: [] },
    ],
  };
}
