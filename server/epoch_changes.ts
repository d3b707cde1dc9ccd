/**
 * What an accepted epoch says to people: the entries that are made of it (PRODUCT §3).
 *
 * New keys, and all of direct conversations, make none. Who had left by a leave note has been told of
 * already.
 *
 * @module
 */

import { ROLE } from "../cipher/member_list.ts";
import type { ChangeEntry } from "../protocol/event.ts";
import { MAX_PAGE_OCTETS } from "../protocol/limits.ts";
import type { Chain, ListChange } from "./chain.ts";
import type { Conversations } from "./conversation.ts";
import type { Moment } from "./decision.ts";
import type { Proposal } from "./epoch_intake.ts";

/** A change before it has an id and a time. */
type Said = DistributiveOmit<
  ChangeEntry,
  "id" | "at" | "conversation" | "t" | "group" | "epoch"
>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * Octets of all names in one change: with the rest of the entry, and of the answer that it comes in,
 * they must fit into a page. 2,002 names of 32 characters are 70 KB, half of them fit.
 */
const NAMES_OCTETS = MAX_PAGE_OCTETS - 1_024;

/** An epoch that is accepted. */
export interface AcceptedEpoch {
  /** Who has made it. */
  readonly user: string;
  /** The epoch. */
  readonly proposal: Proposal;
  /** The chain before it. */
  readonly chain: Chain | null;
  /** How its list differs from the one before. */
  readonly change: ListChange;
  /** Now. */
  readonly moment: Moment;
}

/**
 * Makes the entries of an epoch.
 *
 * @param parts Who is in the group at present.
 * @param epoch The epoch.
 */
export function changesOf(
  parts: { readonly conversations: Conversations },
  epoch: AcceptedEpoch,
): ChangeEntry[] {
  const { proposal, moment } = epoch;
  const { conversation, record } = proposal;
  const group = proposal.group ?? parts.conversations.groupById(conversation)?.name;
  if (record.kind === "direct" || group === undefined) return [];
  return said(parts.conversations, epoch).map((change): ChangeEntry => ({
    t: "change",
    id: moment.nextId(),
    at: moment.now,
    conversation,
    group,
    epoch: record.epoch,
    ...change,
  }));
}

function said(conversations: Conversations, epoch: AcceptedEpoch): Said[] {
  const { user, proposal, chain, change } = epoch;
  const { record, members, conversation } = proposal;
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).sort();
  if (record.change === "rotate" || record.change === "rekey") return [];
  if (record.change === "close") return [{ change: "deleted", by: user }];
  if (record.change === "create") {
    const others = members.filter(({ name }) => name !== user);
    return [{ change: "created", by: user, members: [...names(others), user] }];
  }
  // Who is in and has other keys is the same account; who is not is another one of the same name.
  const present = conversations.groupById(conversation)?.members;
  const added = names(change.added.filter(({ name }) => !present?.has(name)));
  const removed = change.removed.filter((name) => !chain?.notes.has(name)).sort();
  const owner = members.find(({ role }) => role === ROLE.owner)?.name ?? user;
  const wasOwner = chain?.head.members.get(owner)?.role === ROLE.owner;
  return [
    ...membersChange(user, added, removed),
    ...(wasOwner ? [] : [{ change: "owner", owner } as const]),
  ];
}

function membersChange(by: string, added: string[], removed: string[]): Said[] {
  if (added.length + removed.length === 0) return [];
  // Names are ASCII without anything to escape.
  if (JSON.stringify([added, removed]).length <= NAMES_OCTETS) {
    return [{ change: "members", by, added, removed }];
  }
  return [
    { change: "members", by, added: [], removed },
    { change: "members", by, added, removed: [] },
  ];
}
