/**
 * Leaving a group by a leave note (FTC1 §7.4): checked first, then decided in order.
 *
 * The membership ends with the note, and nothing is sent any more until somebody has made the epoch
 * without the leaver.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { equal } from "../cipher/bytes.ts";
import {
  BadLeaveNote,
  type LeaveNote,
  parseLeaveNote,
  verifyLeaveNote,
} from "../cipher/leave_note.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { ChangeEntry } from "../protocol/event.ts";
import { withNote } from "./chain.ts";
import { decodeOctets } from "./credentials.ts";
import type { Decision, Moment } from "./decision.ts";
import type { HubParts } from "./hub.ts";
import type { KeyRecords } from "./key_records.ts";
import type { Directory } from "./directory.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { keyOf } from "./tables.ts";

/** A leave note that is right in itself. */
export interface Departure {
  /** The note. */
  readonly note: LeaveNote;
  /** The note as it was sent. */
  readonly text: string;
  /** The id of the conversation, base64url. */
  readonly conversation: string;
}

/**
 * Checks a leave note: layout, leaver, conversation, signature by his present keys.
 *
 * @param command As sent.
 * @param options Who sends it; where his keys are.
 */
export async function takeNote(
  command: CommandOf<"leave">,
  options: {
    readonly user: string;
    readonly parts: { readonly directory: Directory; readonly keyRecords: KeyRecords };
  },
): Promise<Departure | { readonly refused: Refusal }> {
  const { user, parts: { directory, keyRecords } } = options;
  const note = readNote(command.note);
  const wrong = { refused: refuse.badRecord() };
  if (note?.name !== user) return wrong;
  if (encodeBase64Url(note.conversation) !== command.conversation) return wrong;
  const fingerprint = encodeBase64Url(note.fingerprint);
  if (directory.fingerprintOf(user) !== fingerprint) return wrong;
  const keys = await keyRecords.get({ user, fingerprint });
  if (keys === null || !(await verifyLeaveNote(note, { publicKey: keys.ed25519 }))) return wrong;
  return { note, text: command.note, conversation: command.conversation };
}

/**
 * Decides about a departure.
 *
 * @param parts The state that decisions are made on.
 * @param request Who leaves what.
 * @param moment Now.
 */
export function decideLeave(
  parts: HubParts,
  request: { readonly user: string; readonly departure: Departure },
  moment: Moment,
): Decision {
  const { user, departure: { note, text, conversation } } = request;
  const group = parts.conversations.groupById(conversation);
  if (!group?.members.has(user)) {
    const isKnown = parts.conversations.readable(conversation, user) !== null;
    return { refused: refuse.noGroup(isKnown && group ? group.name : conversation) };
  }
  if (parts.chains.isDamaged(conversation)) return { refused: refuse.storage() };
  const chain = parts.chains.get(conversation);
  const listed = chain?.head.members.get(user);
  if (chain === null || listed === undefined) return { refused: refuse.badRecord() };
  // The last one in the list closes the group; one who is listed beside accounts that are gone cannot.
  const isLast = group.members.size === 1;
  const isAlone = chain.head.members.size - chain.notes.size === 1;
  if (isLast && isAlone) return { refused: refuse.lastMember(group.name) };
  const { epoch } = note;
  // The others check the note with the keys that the list has: newer ones need their epoch first.
  if (!equal(listed.fingerprint, note.fingerprint)) return { refused: refuse.staleEpoch() };
  if (epoch < listed.since || epoch > chain.head.epoch) return { refused: refuse.badRecord() };
  const change = () => {
    return {
      t: "change",
      id: moment.nextId(),
      at: moment.now,
      conversation,
      group: group.name,
    } as const;
  };
  const left: ChangeEntry = { ...change(), change: "left", by: user, note: text };
  // Nobody is left who could close it.
  const end: ChangeEntry[] = isLast ? [{ ...change(), change: "deleted", by: user }] : [];
  return {
    entries: [left, ...end],
    chain: {
      conversation,
      chain: withNote(chain, user, { note: text, epoch }),
      sets: [[keyOf.note(conversation, user, epoch), { note: text }]],
      deletes: [],
    },
  };
}

/** Reads a note, base64url; `null` where it is none. */
export function readNote(text: string): LeaveNote | null {
  const octets = decodeOctets(text);
  if (octets === null) return null;
  try {
    return parseLeaveNote(octets);
  } catch (error) {
    if (error instanceof BadLeaveNote) return null;
    throw error;
  }
}
