/**
 * Looks at an epoch record that has come: all that takes time and does not depend on the order of
 * things, so that the hub can decide without I/O and without cryptography.
 *
 * Checked here: layout, signer, signature, the id of the conversation, the hash of the list. What the
 * list is follows from the change, the list before and the wraps that were sent. The rest is
 * `epoch_decision.ts`.
 *
 * Source: FTC1 §7.3, §7.4.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../cipher/base64url.ts";
import { equal } from "../cipher/bytes.ts";
import { directId, groupId } from "../cipher/conversation.ts";
import {
  BadEpoch,
  type Change,
  type EpochRecord,
  groupNonce,
  parseEpoch,
  verifyEpoch,
} from "../cipher/epoch.ts";
import { type ChainHead, nextOwner } from "../cipher/epoch_rules.ts";
import { MAX_EPOCH_MEMBERS, type Member, membersHash, ROLE } from "../cipher/member_list.ts";
import type { CommandOf } from "../protocol/command.ts";
import { canonicalName } from "../protocol/name.ts";
import { decodeOctets } from "./credentials.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";

/** An epoch that is right in itself. */
export interface Proposal {
  /** The record. */
  readonly record: EpochRecord;
  /** The record as it was sent. */
  readonly text: string;
  /** Its hash, base64url. */
  readonly hash: string;
  /** The id of the conversation, base64url. */
  readonly conversation: string;
  /** The head that the list was computed from; `null` before epoch 0. */
  readonly base: ChainHead | null;
  /** The new list. */
  readonly members: readonly Member[];
  /** Epoch 0 of a group: its canonical name. */
  readonly group: string | null;
  /** A direct conversation: the canonical name of the other one. */
  readonly to: string | null;
}

/** The parts of the service that are looked at. */
export type IntakeParts = Pick<Service, "chains" | "directory" | "keyRecords" | "options">;

type Refused = { readonly refused: Refusal };
type Place = Pick<Proposal, "group" | "to">;

/**
 * Reads the record of a command, without looking at who signed it.
 *
 * @param text Base64url.
 * @returns `null` where it is none.
 */
export async function readRecord(text: string): Promise<EpochRecord | null> {
  const octets = decodeOctets(text);
  if (octets === null) return null;
  try {
    return await parseEpoch(octets);
  } catch (error) {
    if (error instanceof BadEpoch) return null;
    throw error;
  }
}

/**
 * Checks an epoch.
 *
 * @param command As sent.
 * @param options Its record; who sends it; fingerprints by name of the wraps that were sent before;
 *   the service.
 * @returns What the hub may decide on, or why it is refused.
 */
export async function takeEpoch(
  command: CommandOf<"epoch">,
  options: {
    readonly record: EpochRecord;
    readonly user: string;
    readonly staged: ReadonlyMap<string, string>;
    readonly parts: IntakeParts;
  },
): Promise<Proposal | Refused> {
  const { record, user, staged, parts } = options;
  if (!(await isSignedBy(user, record, parts))) return { refused: refuse.badRecord() };
  const place = await placeOf(command, { record, user, realm: parts.options.realm });
  if ("refused" in place) return place;
  const conversation = encodeBase64Url(record.conversation);
  const base = parts.chains.get(conversation)?.head ?? null;
  const members = LISTS[record.change]({ record, before: base?.members ?? new Map(), staged });
  if (members.length > MAX_EPOCH_MEMBERS) return { refused: refuse.tooManyMembers() };
  const hash = encodeBase64Url(record.hash);
  const proposal = { record, text: command.record, hash, conversation, base, members, ...place };
  // The hub refuses it as stale: another list before it gives another hash.
  if (!follows(record, base)) return proposal;
  return await hasHashOf(members, record) ? proposal : { refused: refuse.badRecord() };
}

/** Whether a record is the next one of a chain. */
export function follows(record: EpochRecord, head: ChainHead | null): boolean {
  if (head === null) return record.epoch === 0;
  return record.epoch === head.epoch + 1 && equal(record.previous, head.hash);
}

async function isSignedBy(user: string, record: EpochRecord, parts: IntakeParts): Promise<boolean> {
  const fingerprint = encodeBase64Url(record.signerFingerprint);
  if (record.signer !== user) return false;
  if (parts.directory.fingerprintOf(user) !== fingerprint) return false;
  const keys = await parts.keyRecords.get({ user, fingerprint });
  return keys !== null && await verifyEpoch(record, { publicKey: keys.ed25519 });
}

/** The id of a conversation commits to its two names, or to its name and its creator (FTC1 §7.3). */
async function placeOf(
  command: CommandOf<"epoch">,
  { record, user, realm }: {
    readonly record: EpochRecord;
    readonly user: string;
    readonly realm: Uint8Array;
  },
): Promise<Place | Refused> {
  const wrong = { refused: refuse.badRecord() };
  if (record.kind === "direct") {
    const to = canonicalName(command.to ?? "");
    if (command.to === undefined) return wrong;
    if (to === null) return { refused: refuse.noUser(command.to, null) };
    const id = await directId(realm, user, to);
    return equal(id, record.conversation) ? { group: null, to } : wrong;
  }
  if (record.epoch > 0) return { group: null, to: null };
  if (command.group === undefined) return wrong;
  const group = canonicalName(command.group);
  if (group === null) return { refused: refuse.badName(command.group) };
  const id = await groupId(realm, group, groupNonce(record), record.signerFingerprint);
  return equal(id, record.conversation) ? { group, to: null } : wrong;
}

interface ListParts {
  readonly record: EpochRecord;
  readonly before: ChainHead["members"];
  readonly staged: ReadonlyMap<string, string>;
}

/** What the new list is, by the change. */
const LISTS: { readonly [C in Change]: (parts: ListParts) => Member[] } = {
  create: ownedBySigner,
  replace: ownedBySigner,
  add: ({ before, staged }) => [
    ...before.values(),
    ...listOf(staged, () => ROLE.member).filter(({ name }) => !before.has(name)),
  ],
  remove: ({ before, staged }) => {
    const gone = new Set([...before.keys()].filter((name) => !staged.has(name)));
    const owner = [...before.values()].find(({ role }) => role === ROLE.owner)?.name ?? "";
    const heir = gone.has(owner) ? nextOwner(before, gone) : owner;
    return listOf(staged, (name) => name === heir ? ROLE.owner : ROLE.member);
  },
  rotate: asBefore,
  rekey: asBefore,
  close: ({ before }) => [...before.values()],
};

function ownedBySigner({ record, staged }: ListParts): Member[] {
  return listOf(staged, (name) => name === record.signer ? ROLE.owner : ROLE.member);
}

function asBefore({ before, staged }: ListParts): Member[] {
  return listOf(staged, (name) => before.get(name)?.role ?? ROLE.member);
}

function listOf(
  staged: ReadonlyMap<string, string>,
  role: (name: string) => Member["role"],
): Member[] {
  return [...staged].map(([name, fp]) => ({
    name,
    fingerprint: decodeBase64Url(fp),
    role: role(name),
  }));
}

async function hasHashOf(members: readonly Member[], record: EpochRecord): Promise<boolean> {
  if (members.length !== record.members) return false;
  return equal(await membersHash(members), record.membersHash);
}
