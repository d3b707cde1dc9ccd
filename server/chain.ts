/**
 * What the server knows of one conversation's epochs: the newest record, the list, what is open.
 *
 * A value that never changes: an accepted epoch, a leave note or a complaint makes another one. All of
 * it can be read from the store again (`chain_loading.ts`). It knows no key: `K` is for members.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import type { ChainHead } from "../cipher/epoch_rules.ts";
import type { Member } from "../cipher/member_list.ts";

/** A leave note whose removal has not come. */
export interface OpenNote {
  /** Base64url. */
  readonly note: string;
  /** The epoch that it names. */
  readonly epoch: number;
}

/** A member without a fitting wrap for an epoch. */
export interface Complaint {
  /** The epoch. */
  readonly epoch: number;
  /** The member. */
  readonly user: string;
}

/** The epochs of one conversation. */
export interface Chain {
  /** The newest record, and the list after it. */
  readonly head: ChainHead;
  /** The number of the newest entry when the newest epoch was made. */
  readonly seq: number;
  /** When the key was last changed without need, milliseconds since 1970; `null`: never. */
  readonly rotatedAt: number | null;
  /** Open leave notes by name. */
  readonly notes: ReadonlyMap<string, OpenNote>;
  /** Open complaints, by `complaintName`. */
  readonly complaints: ReadonlyMap<string, Complaint>;
  /** Former members, with the first epoch that has each of them no more. */
  readonly former: ReadonlyMap<string, number>;
}

/** What a complaint is known by within a conversation. */
export function complaintName({ epoch, user }: Complaint): string {
  return `${epoch} ${user}`;
}

/** How one list differs from the one before. */
export interface ListChange {
  /** New names, and names with another fingerprint. */
  readonly added: readonly Member[];
  /** Names that are not there any more. */
  readonly removed: readonly string[];
}

/**
 * Makes the chain after an epoch: what the epoch rests on is not open any more.
 *
 * @param before The chain so far; `null` before epoch 0.
 * @param next The new head, what has changed in the list, and the rest of what a chain knows.
 */
export function withEpoch(
  before: Chain | null,
  next: Pick<Chain, "head" | "seq" | "rotatedAt"> & { readonly removed: Iterable<string> },
): Chain {
  const { head, seq, rotatedAt, removed } = next;
  const former = new Map(before?.former);
  for (const name of removed) former.set(name, head.epoch);
  const notes = [...before?.notes ?? []].filter(([name]) => head.members.has(name));
  return { head, seq, rotatedAt, notes: new Map(notes), complaints: new Map(), former };
}

/** Makes the chain with one more leave note. */
export function withNote(chain: Chain, name: string, note: OpenNote): Chain {
  return { ...chain, notes: new Map(chain.notes).set(name, note) };
}

/** Makes the chain with one more complaint. */
export function withComplaint(chain: Chain, complaint: Complaint): Chain {
  const complaints = new Map(chain.complaints).set(complaintName(complaint), complaint);
  return { ...chain, complaints };
}

/** Makes the chain without a complaint. */
export function withoutComplaint(chain: Chain, complaint: Complaint): Chain {
  const complaints = new Map(chain.complaints);
  complaints.delete(complaintName(complaint));
  return { ...chain, complaints };
}

/**
 * Tells the newest epoch that somebody may see: a former member sees the one that has him no more.
 *
 * @returns `null`: none; `isPresent`: he is in the newest list and has not left.
 */
export function visibleEpoch(
  chain: Chain,
  user: string,
): { readonly epoch: number; readonly isPresent: boolean } | null {
  if (chain.head.members.has(user)) {
    return { epoch: chain.head.epoch, isPresent: !chain.notes.has(user) };
  }
  const last = chain.former.get(user);
  return last === undefined ? null : { epoch: last, isPresent: false };
}
