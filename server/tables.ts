/**
 * The tables of the store: keys, and what stands under them.
 *
 * | key | value |
 * |---|---|
 * | `["realm"]` | the realm that the key file must name (FTC1 §5) |
 * | `["account", user]` | salt, login key, key record, vault (FTC1 §4, §7.2) |
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
} as const;

/** Under `realm`: base64url. */
export const realmRecord = v.object({ realm: v.string() });

/** Under `account`: octets in base64url, the vault as it stands, milliseconds. */
export const accountRecord = v.object({
  user: v.string(),
  kdf: v.literal(1),
  salt: v.string(),
  pk: v.string(),
  keys: v.string(),
  vault: v.string(),
  created: integer,
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

/** An account. */
export type Account = v.InferOutput<typeof accountRecord>;

/** What the operator has decided about a name. */
export type Standing = v.InferOutput<typeof standingRecord>;

/** The newest entry of a conversation. */
export type Tail = v.InferOutput<typeof tailRecord>;
