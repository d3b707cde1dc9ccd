/**
 * What the entries of the client state hold, and how two versions of one are merged.
 *
 * Beside the pin of a peer or a conversation an entry has `first`, the counter of the index with which
 * it was written first: among groups of one name the first is the pinned one. The index has `count` and
 * `digest` of all others (`state_table.ts`). What this version does not know is left alone.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import * as v from "valibot";

const ordinal = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Former fingerprints of a peer that are remembered. */
export const MAX_PAST = 16;

const peerState = v.object({
  /** Canonical name. */
  name: v.string(),
  /** Fingerprint of the pinned keys, base64url. */
  fp: v.string(),
  /** Generation of the pinned key record. */
  generation: ordinal,
  /** Hash of the pinned key record, base64url. */
  record: v.string(),
  /** Former fingerprints, base64url, newest last, at most {@linkcode MAX_PAST}. */
  past: v.pipe(v.array(v.string()), v.maxLength(MAX_PAST)),
  /** Whether the user has compared the safety number. */
  verified: v.boolean(),
  /** Grows with every `@trust`, `@verify … ok` and accepted change of keys. */
  pin: ordinal,
  /** Fingerprint that a verified peer has now and that is not accepted. */
  offered: v.optional(v.string()),
  /** Why nothing is sent to this peer: the server shows an earlier key, or something that is none. */
  blocked: v.optional(v.picklist(["older", "invalid"])),
});

const conversationState = v.object({
  /** Id, base64url. */
  id: v.string(),
  kind: v.picklist(["direct", "group"]),
  /** The peer, or the group. */
  name: v.string(),
  /** The newest epoch that was accepted. */
  epoch: ordinal,
  /** Hash of its record, base64url. */
  hash: v.string(),
  /** Grows with every `@trust` of a group's id. */
  pin: ordinal,
});

/** Former roots after `@rekey` that one account can have; each is 43 characters of an entry of 4 KiB. */
export const MAX_FORMER_ROOTS = 32;

const rootsState = v.object({
  /** Roots before the present one, base64url, newest last: they open old wraps (FTC1 §7.7). */
  former: v.pipe(v.array(v.string()), v.maxLength(MAX_FORMER_ROOTS)),
  /** Whether all conversations have the present keys. */
  renewed: v.boolean(),
});

const indexValue = v.object({ count: ordinal, digest: v.string() });

const stateValue = v.union([
  v.object({ first: ordinal, peer: peerState }),
  v.object({ first: ordinal, conversation: conversationState }),
  v.object({ first: ordinal, roots: rootsState }),
  indexValue,
]);

/** What is remembered of a peer. */
export type PeerState = Readonly<v.InferOutput<typeof peerState>>;

/** What is remembered of a conversation. */
export type ConversationState = Readonly<v.InferOutput<typeof conversationState>>;

/** Former roots of the account. */
export type RootsState = Readonly<v.InferOutput<typeof rootsState>>;

/** What the index says of all other entries: how many, and a hash over them. */
export type IndexValue = Readonly<v.InferOutput<typeof indexValue>>;

/** The value of an entry. */
export type StateValue = Readonly<v.InferOutput<typeof stateValue>>;

/**
 * Reads the value of an entry.
 *
 * @param value As it was sealed.
 * @returns The value, or `null` where this version does not know such.
 */
export function readValue(value: unknown): StateValue | null {
  const parsed = v.safeParse(stateValue, value);
  return parsed.success ? parsed.output : null;
}

/**
 * Merges what is wanted of a peer with what is stored: the later pin wins, otherwise the first, and
 * verified stays while the keys are the same.
 *
 * @param stored What is stored.
 * @param wanted What is to be written.
 */
export function mergePeer(stored: PeerState, wanted: PeerState): PeerState {
  if (wanted.pin > stored.pin) return wanted;
  if (wanted.pin < stored.pin || wanted.fp !== stored.fp) return stored;
  return { ...wanted, verified: stored.verified || wanted.verified };
}

/**
 * Merges what is wanted of a conversation with what is stored: the newest epoch wins, otherwise the
 * first; the pin never falls.
 *
 * @param stored What is stored.
 * @param wanted What is to be written.
 */
export function mergeConversation(
  stored: ConversationState,
  wanted: ConversationState,
): ConversationState {
  const newest = wanted.epoch > stored.epoch ? wanted : stored;
  return {
    ...stored,
    epoch: newest.epoch,
    hash: newest.hash,
    pin: Math.max(stored.pin, wanted.pin),
  };
}
