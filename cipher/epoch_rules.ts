/**
 * Who may change what: whether an epoch record may follow the chain that is held.
 *
 * Pure and synchronous, the table of FTC1 §7.4 as a table. Server and client use the same rules: the
 * accepted chain is the only list of members there is. It checks no signature, no members hash, no
 * leave note, no line of key records, and not the id in epoch 0: these are the caller's.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { equal, isZero } from "./bytes.ts";
import {
  type Change,
  type EpochFields,
  type EpochRecord,
  FINAL_EPOCHS,
  groupNonce,
  type Kind,
  MAX_EPOCHS,
  RESERVED_EPOCHS,
} from "./epoch.ts";
import { isMemberName, MAX_EPOCH_MEMBERS, type Member, ROLE } from "./member_list.ts";

/** A member as the chain knows him. */
export interface ListEntry extends Member {
  /** The epoch of his joining; the same while he stays, also through a change of his keys. */
  readonly since: number;
}

/** The newest accepted record of a chain, and the list after it. */
export interface ChainHead {
  /** Direct or group. */
  readonly kind: Kind;
  /** The id, 32 octets. */
  readonly conversation: Uint8Array;
  /** The number of the newest record. */
  readonly epoch: number;
  /** Its hash, 32 octets. */
  readonly hash: Uint8Array;
  /** The members by name. */
  readonly members: ReadonlyMap<string, ListEntry>;
  /** Whether it was a close; nothing follows then. */
  readonly closed: boolean;
}

/** A record that is to follow, and what the caller found out about it. */
export interface NextEpoch {
  /** The record. */
  readonly record: EpochFields;
  /** The list that came with it, in any order. */
  readonly members: readonly Member[];
  /** Names in the list before for which a valid, open leave note is at hand. */
  readonly leavers: ReadonlySet<string>;
  /** Names whose listed fp leads, by signed key records, to the fp in the new list. */
  readonly rekeyed: ReadonlySet<string>;
}

/**
 * Why a record is refused: it is of another kind or conversation, not the next one, names another
 * record before it, is signed by someone who is not in both lists, without the right to this change,
 * with a list that the change does not give, with a wrong owner, after a close, or beyond a limit.
 */
export type BadChange =
  | "kind"
  | "conversation"
  | "epoch"
  | "previous"
  | "signer"
  | "right"
  | "list"
  | "owner"
  | "closed"
  | "limit";

/**
 * Checks all that needs no cryptography.
 *
 * The work is linear in the lists, and none is done beyond {@linkcode MAX_EPOCH_MEMBERS}.
 *
 * @param head The chain so far, null before epoch 0.
 * @param next What is to follow.
 * @returns Why it is refused, or null.
 */
export function checkChange(head: ChainHead | null, next: NextEpoch): BadChange | null {
  const { record, members } = next;
  if (head?.closed) return "closed";
  if (record.epoch >= MAX_EPOCHS || Math.max(record.members, members.length) > MAX_EPOCH_MEMBERS) {
    return "limit";
  }
  if (isKept(head, record)) return "limit";
  const after = new Map(members.map((member) => [member.name, member]));
  const misplaced = head === null ? checkFirst(record) : checkPlace(head, record);
  const wrong = misplaced ?? checkList(next, after) ?? checkSigner(head, record, after);
  if (wrong !== null) return wrong;
  return head === null
    ? checkCreate(record, after)
    : RULES[record.change]({ ...next, before: head.members, after, kind: record.kind });
}

/**
 * Takes a record into the chain. Checks nothing.
 *
 * @param head The chain so far, null before epoch 0.
 * @param record A record that {@linkcode checkChange} and the caller accepted.
 * @param members Its list.
 * @returns The chain after it.
 */
export function advance(
  head: ChainHead | null,
  record: EpochRecord,
  members: readonly Member[],
): ChainHead {
  const entries = members.map(({ name, fingerprint, role }): [string, ListEntry] => {
    const old = head?.members.get(name);
    const stays = old && (record.change === "rekey" || equal(old.fingerprint, fingerprint));
    return [name, { name, fingerprint, role, since: stays ? old.since : record.epoch }];
  });
  return {
    kind: record.kind,
    conversation: record.conversation,
    epoch: record.epoch,
    hash: record.hash,
    members: new Map(entries),
    closed: record.change === "close",
  };
}

/**
 * Tells who becomes owner when the owner leaves: who is longest in the list by the chain, then by name.
 *
 * @param members The list before.
 * @param without Those who go, the owner among them.
 * @returns A name, or null where nobody is left.
 */
export function nextOwner(
  members: ReadonlyMap<string, ListEntry>,
  without: ReadonlySet<string>,
): string | null {
  let heir: ListEntry | null = null;
  for (const entry of members.values()) {
    if (without.has(entry.name)) continue;
    const isEarlier = heir === null || entry.since < heir.since ||
      (entry.since === heir.since && entry.name < heir.name);
    if (isEarlier) heir = entry;
  }
  return heir?.name ?? null;
}

/** Changes that are not made any more when few epochs are left. */
const SPARING: ReadonlySet<Change> = new Set(["add", "rotate"]);

/** Changes that are left at the very end, where the owner signs; others close as the last one. */
const FINAL: ReadonlySet<Change> = new Set(["remove", "rekey", "close"]);

/** Whether an epoch is kept for what must always be possible: that members go, and the end. */
function isKept(head: ChainHead | null, { kind, epoch, change, signer }: EpochFields): boolean {
  const left = MAX_EPOCHS - epoch;
  if (left > RESERVED_EPOCHS) return false;
  if (SPARING.has(change)) return true;
  // A direct conversation has no owner, and nothing to do at its end but to follow changed keys.
  if (left > FINAL_EPOCHS || kind === "direct" || change === "close") return false;
  return !FINAL.has(change) || !isOwner(head?.members ?? new Map(), signer);
}

type List = ReadonlyMap<string, Member>;

interface Step extends NextEpoch {
  readonly kind: Kind;
  readonly before: ReadonlyMap<string, ListEntry>;
  readonly after: List;
}

const RULES: { readonly [C in Change]: (step: Step) => BadChange | null } = {
  create: () => "right",
  add: inGroup(byOwner(({ before, after }) => {
    if (after.size <= before.size) return "list";
    for (const old of before.values()) if (!isSame(old, after.get(old.name))) return "list";
    return null;
  })),
  remove: inGroup(checkRemove),
  rotate: isUnchanged,
  rekey: checkRekey,
  replace: inGroup(byOwner(({ record, after }) => {
    if (after.get(record.signer)?.role !== ROLE.owner) return "owner";
    return after.size < 2 ? "list" : null;
  })),
  close: inGroup((step) => {
    const { record: { signer }, before, leavers } = step;
    const isLast = [...before.keys()].every((name) => name === signer || leavers.has(name));
    return isOwner(before, signer) || isLast ? isUnchanged(step) : "right";
  }),
};

function checkFirst(record: EpochFields): BadChange | null {
  if (record.epoch !== 0) return "epoch";
  if (record.change !== "create") return "right";
  const zeros = record.kind === "group"
    ? record.previous.subarray(groupNonce(record).length)
    : record.previous;
  return isZero(zeros) ? null : "previous";
}

function checkPlace(head: ChainHead, record: EpochFields): BadChange | null {
  if (record.kind !== head.kind) return "kind";
  if (!equal(record.conversation, head.conversation)) return "conversation";
  if (record.epoch !== head.epoch + 1) return "epoch";
  return equal(record.previous, head.hash) ? null : "previous";
}

function checkList({ record, members }: NextEpoch, after: List): BadChange | null {
  if (record.members !== members.length || after.size !== members.length) return "list";
  let owners = 0;
  for (const { name, fingerprint, role } of members) {
    if (!isMemberName(name) || fingerprint.length !== 32) return "list";
    if (role !== ROLE.member && role !== ROLE.owner) return "list";
    if (role === ROLE.owner) owners++;
  }
  return owners === 1 ? null : "owner";
}

function checkSigner(head: ChainHead | null, record: EpochFields, after: List): BadChange | null {
  const signs = (entry?: Member) => entry && equal(entry.fingerprint, record.signerFingerprint);
  if (!signs(after.get(record.signer))) return "signer";
  if (head === null) return null;
  const old = head.members.get(record.signer);
  // By rekey he may sign with keys that only the new list has; checkRekey looks whether he may have them.
  return record.change === "rekey" && old || signs(old) ? null : "signer";
}

function checkCreate({ kind, signer }: EpochFields, after: List): BadChange | null {
  if (!isOwner(after, signer)) return "owner";
  const fits = kind === "group" ? after.size >= 2 : after.size <= 2;
  return fits ? null : "list";
}

function checkRemove({ record, before, after, leavers }: Step): BadChange | null {
  const gone = new Set([...before.keys()].filter((name) => !after.has(name)));
  if (gone.size === 0) return "list";
  if (!isOwner(before, record.signer) && !gone.isSubsetOf(leavers)) return "right";
  const owner = [...before.keys()].find((name) => isOwner(before, name)) ?? "";
  const heir = gone.has(owner) ? nextOwner(before, gone) : owner;
  for (const { name, fingerprint } of after.values()) {
    const old = before.get(name);
    if (!old || !equal(old.fingerprint, fingerprint)) return "list";
  }
  return heir !== null && isOwner(after, heir) ? null : "owner";
}

function checkRekey({ kind, before, after, rekeyed }: Step): BadChange | null {
  if (before.size !== after.size) return "list";
  let changed = 0;
  for (const old of before.values()) {
    const entry = after.get(old.name);
    if (entry?.role !== old.role) return "list";
    if (equal(entry.fingerprint, old.fingerprint)) continue;
    // In a direct conversation either of the two signs under his current record, whatever the list says.
    if (kind === "group" && !rekeyed.has(old.name)) return "right";
    changed++;
  }
  return kind === "group" && changed === 0 ? "list" : null;
}

/** A direct conversation has its two for ever; only create, rotate and rekey exist there. */
function inGroup(rule: (step: Step) => BadChange | null): (step: Step) => BadChange | null {
  return (step) => step.kind === "group" ? rule(step) : "right";
}

function byOwner(rule: (step: Step) => BadChange | null): (step: Step) => BadChange | null {
  return (step) => isOwner(step.before, step.record.signer) ? rule(step) : "right";
}

function isUnchanged({ before, after }: Step): BadChange | null {
  if (before.size !== after.size) return "list";
  return [...before.values()].every((old) => isSame(old, after.get(old.name))) ? null : "list";
}

function isSame(old: Member, entry: Member | undefined): boolean {
  return entry !== undefined && entry.role === old.role &&
    equal(entry.fingerprint, old.fingerprint);
}

function isOwner(members: ReadonlyMap<string, Member>, name: string): boolean {
  return members.get(name)?.role === ROLE.owner;
}
