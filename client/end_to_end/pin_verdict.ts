/**
 * What a key record means beside the pinned one: the left column of the table in FTC1 §7.8.
 *
 * "Known to be earlier" are: a former fingerprint, the record that the pinned one names as the one
 * before it, and any of a lower generation that says it has a predecessor. A record of a lower
 * generation without one is that of an account that was made anew.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { equal, isZero } from "../../cipher/bytes.ts";
import { isConfirmedBy, type KeyRecord } from "../../cipher/key_record.ts";
import type { KeyDirectory } from "./key_directory.ts";
import { MAX_PAST, type PeerState } from "./state_value.ts";

/** What a record is, beside the pinned one. */
export type PinVerdict =
  | { readonly type: "same" }
  | { readonly type: "older" }
  /** `between`: fingerprints of the records between the two, oldest first. */
  | { readonly type: "confirmed"; readonly between: readonly string[] }
  | { readonly type: "unconfirmed" };

/**
 * Judges the record of a peer.
 *
 * @param peer What is pinned.
 * @param record What is shown; it has passed all checks of a record.
 * @param keys Where the pinned record itself is looked up.
 * @throws {Refused | CutOff} If there is no answer that makes sense.
 */
export async function judgeRecord(
  peer: PeerState,
  record: KeyRecord,
  keys: KeyDirectory,
): Promise<PinVerdict> {
  const isEarlier = record.generation < peer.generation;
  if (encodeBase64Url(record.fingerprint) === peer.fp) {
    return { type: isEarlier ? "older" : "same" };
  }
  if (peer.past.includes(encodeBase64Url(record.fingerprint))) return { type: "older" };
  if (isEarlier && !isZero(record.previousHash)) return { type: "older" };
  const pinned = await pinnedRecord(peer, keys);
  if (pinned === undefined) return { type: "unconfirmed" };
  if (equal(pinned.previousHash, record.hash)) return { type: "older" };
  if (await isConfirmedBy(record, pinned)) return { type: "confirmed", between: [] };
  if (isZero(record.previousHash)) return { type: "unconfirmed" };
  const line = await keys.lineage(peer.name, pinned);
  const at = line.findIndex(({ fingerprint }) => equal(fingerprint, record.fingerprint));
  if (at === -1) return { type: "unconfirmed" };
  const between = line.slice(0, at).map(({ fingerprint }) => encodeBase64Url(fingerprint));
  return { type: "confirmed", between };
}

async function pinnedRecord(
  { name, fp }: PeerState,
  keys: KeyDirectory,
): Promise<KeyRecord | undefined> {
  const fingerprint = decodeBase64Url(fp, { length: 32 });
  const found = await keys.byFingerprint([{ user: name, fingerprint }]);
  return found.get(fingerprint.toHex());
}

/**
 * Pins a peer for the first time.
 *
 * @param record The key record that was shown.
 */
export function firstPin(record: KeyRecord): PeerState {
  return { name: record.user, ...keysOf(record), past: [], verified: false, pin: 0 };
}

/**
 * Moves a pin, or fixes it anew where it is; nothing is open then.
 *
 * @param peer What was pinned.
 * @param record What is pinned now.
 * @param options Whether it is verified; fingerprints in between.
 */
export function movePin(
  peer: PeerState,
  record: KeyRecord,
  { verified, between = [] }: {
    readonly verified: boolean;
    readonly between?: readonly string[];
  },
): PeerState {
  const pinned = keysOf(record);
  const before = [
    ...peer.past,
    peer.fp,
    ...between,
    ...peer.offered === undefined ? [] : [peer.offered],
  ];
  const past = [...new Set(before.filter((fp) => fp !== pinned.fp))].slice(-MAX_PAST);
  return { name: peer.name, ...pinned, past, verified, pin: peer.pin + 1 };
}

/**
 * Takes a later record of the keys that are pinned.
 *
 * @param peer What is pinned.
 * @param record A record of the same keys.
 */
export function refreshPin(peer: PeerState, record: KeyRecord): PeerState {
  const { blocked: _, ...rest } = peer;
  return { ...rest, ...keysOf(record) };
}

function keysOf(record: KeyRecord): Pick<PeerState, "fp" | "generation" | "record"> {
  return {
    fp: encodeBase64Url(record.fingerprint),
    generation: record.generation,
    record: encodeBase64Url(record.hash),
  };
}
