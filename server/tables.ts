/**
 * The tables of the store: keys, and what stands under them.
 *
 * | key | value |
 * |---|---|
 * | `["realm"]` | the realm that the key file must name (FTC1 §5) |
 * | `["account", user]` | salt, login key, key record, vault (FTC1 §4, §7.2) |
 * | `["key", user, fp]` | every key record that there has ever been (FTC1 §7.2) |
 * | `["epoch", conversation, n, p]` | the pieces of an epoch, the record first (FTC1 §7.4) |
 * | `["made", hash]` | which epoch the record of this hash became |
 * | `["wrap", hash, user]` | the wrap for a member, by the hash of the record (FTC1 §7.5) |
 * | `["staged", hash]` | wraps whose record has not come |
 * | `["note", conversation, user, epoch]` | a leave note (FTC1 §7.4) |
 * | `["complaint", conversation, epoch, user]` | a member has no fitting wrap (FTC1 §7.5) |
 * | `["state", user, fp, entry]` | client state (FTC1 §7.7), by the first fingerprint of the account |
 * | `["states", user, fp]` | how many of them there are; its version changes with each of them |
 * | `["entry", conversation, id]` | a message or a change, and its number in the conversation |
 * | `["change", id]` | the changes of groups once more: at start all groups are made of them |
 * | `["direct", conversation, id]` | users who became members of a direct conversation with this entry |
 * | `["tail", conversation]` | id and number of the newest entry |
 * | `["sent", user, message id]` | the entry that a client-made id became; expires |
 * | `["online", user]` | those online, also after a crash |
 * | `["standing", user]` | what the operator has decided about a name (standings.ts) |
 * | `["ended", user]` | the id up to which the account of this name that was last ended could read |
 * | `["removed"]` | how many entries `--keep` has deleted |
 * | `["cursor", user]` | the entry up to which the user has been shown everything |
 *
 * A number (`seq`, from 1 in each conversation) makes counting a range two look-ups.
 *
 * @module
 */

import * as v from "valibot";
import { changeEntry, entry } from "../protocol/event.ts";
import type { Key } from "./store.ts";

const integer = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Keys of single records. */
export const keyOf = {
  realm: (): Key => ["realm"],
  account: (user: string): Key => ["account", user],
  entry: (conversation: string, id: number): Key => ["entry", conversation, id],
  change: (id: number): Key => ["change", id],
  direct: (conversation: string, id: number): Key => ["direct", conversation, id],
  tail: (conversation: string): Key => ["tail", conversation],
  sent: (user: string, messageId: string): Key => ["sent", user, messageId],
  cursor: (user: string): Key => ["cursor", user],
  standing: (user: string): Key => ["standing", user],
  ended: (user: string): Key => ["ended", user],
  removed: (): Key => ["removed"],
  online: (user: string): Key => ["online", user],
  key: (user: string, fingerprint: string): Key => ["key", user, fingerprint],
  epoch: (conversation: string, epoch: number, piece: number): Key => [
    "epoch",
    conversation,
    epoch,
    piece,
  ],
  made: (hash: string): Key => ["made", hash],
  wrap: (hash: string, user: string): Key => ["wrap", hash, user],
  staged: (hash: string): Key => ["staged", hash],
  note: (conversation: string, user: string, epoch: number): Key => [
    "note",
    conversation,
    user,
    epoch,
  ],
  complaint: (conversation: string, epoch: number, user: string): Key => [
    "complaint",
    conversation,
    epoch,
    user,
  ],
  state: (user: string, line: string, entry: string): Key => ["state", user, line, entry],
  states: (user: string, line: string): Key => ["states", user, line],
} as const;

/** Prefixes of tables that are read as a whole or in part. */
export const prefixOf = {
  accounts: ["account"],
  entries: (conversation: string): Key => ["entry", conversation],
  changes: ["change"],
  directs: ["direct"],
  tails: ["tail"],
  standings: ["standing"],
  ended: ["ended"],
  online: ["online"],
  epochs: ["epoch"],
  epochsOf: (conversation: string): Key => ["epoch", conversation],
  wraps: (hash: string): Key => ["wrap", hash],
  staged: ["staged"],
  notes: ["note"],
  complaints: ["complaint"],
  statesOf: (user: string): readonly Key[] => [["state", user], ["states", user]],
  keys: (user: string): Key => ["key", user],
  state: (user: string, line: string): Key => ["state", user, line],
} as const;

/** Under `realm`: base64url. */
export const realmRecord = v.object({ realm: v.string() });

/**
 * Under `account`: octets in base64url, the vault as it stands, milliseconds. `line`: the fingerprints
 * of all its key records, the present one last; accounts made before there was an end-to-end level
 * have none.
 */
export const accountRecord = v.object({
  user: v.string(),
  kdf: v.literal(1),
  salt: v.string(),
  pk: v.string(),
  keys: v.string(),
  vault: v.string(),
  created: integer,
  line: v.optional(v.array(v.string())),
});

/** Under `entry`. */
export const entryRecord = v.object({ seq: integer, entry });

/** Under `change`. */
export const changeRecord = v.object({ entry: changeEntry });

/** Under `direct`: one user (a note to oneself) or two. */
export const directRecord = v.object({ users: v.array(v.string()), from: integer });

/** Under `tail`. */
export const tailRecord = v.object({ id: integer, seq: integer });

/** Under `sent`: the entry and its time. */
export const sentRecord = v.object({ id: integer, at: integer });

/** Under `standing`: milliseconds; `until` where it ends by itself. */
export const standingRecord = v.object({
  standing: v.picklist(["allowed", "blocked", "deleted"]),
  at: integer,
  until: v.optional(integer),
});

/** Under `ended`: an id between those of entries. */
export const endedRecord = v.object({ id: integer });

/** Under `removed`. */
export const removedRecord = v.object({ entries: integer });

/** Under `cursor`. */
export const cursorRecord = v.object({ upto: integer });

/** Under `key`. */
export const keyRecordRecord = v.object({ keys: v.string() });

/**
 * Under `epoch`, piece 0: the record and what of it is needed at a start without hashing; `seq`: the
 * number of the newest entry when the epoch was made; `at` in milliseconds; how many pieces there are.
 */
export const epochRecord = v.object({
  e: integer,
  record: v.string(),
  hash: v.string(),
  kind: v.picklist(["direct", "group"]),
  change: v.picklist(["create", "add", "remove", "rotate", "rekey", "replace", "close"]),
  owner: v.string(),
  seq: integer,
  at: integer,
  pieces: integer,
});

/** Under `epoch`, all other pieces: as they are served. */
export const pieceRecord = v.union([
  v.object({ e: integer, added: v.array(v.tuple([v.string(), v.string()])) }),
  v.object({ e: integer, removed: v.array(v.string()) }),
  v.object({ e: integer, notes: v.array(v.string()) }),
]);

/** Under `wrap`: base64url. */
export const wrapRecord = v.object({ wrap: v.string() });

/** Under `note`: base64url. */
export const noteRecord = v.object({ note: v.string() });

/** Under `complaint`: the newest epoch when it came. */
export const complaintRecord = v.object({ head: integer });

/** Under `state`. */
export const stateRecord = v.object({ counter: integer, value: v.string() });

/** Under `states`; `id` is drawn for each writing, so that one can be told from another. */
export const statesRecord = v.object({ entries: integer, id: v.string() });

/** Piece 0 of an epoch. */
export type EpochHead = v.InferOutput<typeof epochRecord>;

/** Another piece of an epoch. */
export type StoredPiece = v.InferOutput<typeof pieceRecord>;

/** An account. */
export type Account = v.InferOutput<typeof accountRecord>;

/** What the operator has decided about a name. */
export type Standing = v.InferOutput<typeof standingRecord>;

/** The newest entry of a conversation. */
export type Tail = v.InferOutput<typeof tailRecord>;
