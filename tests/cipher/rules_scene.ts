/**
 * A notation for lists, and one attempt to change them: what the tests of the rules are written in.
 *
 * @module
 */

import type { Change, EpochFields, Kind } from "../../cipher/epoch.ts";
import {
  type BadChange,
  type ChainHead,
  checkChange,
  type ListEntry,
} from "../../cipher/epoch_rules.ts";
import { ROLE } from "../../cipher/member_list.ts";

/** 32 octets of one value. */
export const octets = (value: number): Uint8Array => new Uint8Array(32).fill(value);
/** The id of the conversation. */
export const id: Uint8Array = octets(1);
/** Hash of the newest record. */
export const headHash: Uint8Array = octets(2);
/** Behind a name: with new keys. */
export const NEW_KEYS = "'";

/** `ann*` is the owner, `bob'` has new keys, `cid@3` joined in epoch 3. */
export function entry(word: string): ListEntry {
  const [, name = "", keys = "", owner = "", since = "0"] =
    /^(\w+)('?)(\*?)(?:@(\d+))?$/.exec(word) ?? [];
  return {
    name,
    fingerprint: fp(name + keys),
    role: owner === "" ? ROLE.member : ROLE.owner,
    since: Number(since),
  };
}

/** The fingerprint of `bob` or `bob'`. */
export function fp(who: string): Uint8Array {
  return octets(who.charCodeAt(0) + (who.endsWith(NEW_KEYS) ? 100 : 0));
}

/** The entries of `ann* bob`. */
export function list(words: string): ListEntry[] {
  return words.split(" ").filter((word) => word !== "").map(entry);
}

/** The names of `ann bob`, none by default. */
export function names(words = ""): Set<string> {
  return new Set(list(words).map(({ name }) => name));
}

/** A chain whose list is `ann* bob`. */
export function headOf(words: string, change: Partial<ChainHead> = {}): ChainHead {
  const members = new Map(list(words).map((member) => [member.name, member]));
  const head: ChainHead = {
    kind: "group",
    conversation: id,
    epoch: 4,
    hash: headHash,
    members,
    closed: false,
  };
  return { ...head, ...change };
}

/** One record that is to follow a list. */
export interface Attempt {
  readonly from?: string;
  readonly kind?: Kind;
  readonly head?: Partial<ChainHead>;
  readonly change: Change;
  readonly by: string;
  readonly to: string;
  readonly leavers?: string;
  readonly rekeyed?: string;
  readonly record?: Partial<EpochFields>;
}

/** Tries it; without `from` there is no chain yet. */
export function attempt({ kind = "group", change, by, to, ...more }: Attempt): BadChange | null {
  const head = more.from === undefined ? null : headOf(more.from, { kind, ...more.head });
  const members = list(to);
  const record: EpochFields = {
    kind,
    conversation: id,
    epoch: head === null ? 0 : head.epoch + 1,
    previous: head?.hash ?? new Uint8Array(32),
    change,
    time: 0,
    members: members.length,
    membersHash: octets(3),
    commitment: octets(4),
    signer: by.replace(NEW_KEYS, ""),
    signerFingerprint: fp(by),
    ...more.record,
  };
  const { leavers, rekeyed } = more;
  return checkChange(head, { record, members, leavers: names(leavers), rekeyed: names(rekeyed) });
}

/** What a first record of a group has as the hash of the one before: a nonce and zeros. */
export const nonce: Uint8Array = new Uint8Array(32).fill(9, 0, 16);
