/**
 * A copy of the database as it is at one moment, also while a server writes to it.
 *
 * Made by SQLite (`VACUUM INTO`), from a process of its own: it reads one state of the log, the server goes
 * on writing, and nothing waits. It is *not* for the server's own process, which would stand still
 * meanwhile.
 *
 * What is counted is read from the engine's own table (Deno KV 2.9: `kv`, with `k` spelled like
 * store_key.ts for strings), since opening the copy with the engine would change it.
 *
 * Source: https://sqlite.org/lang_vacuum.html#vacuuminto.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { StartError } from "./start_error.ts";
import type { Key } from "./store.ts";
import { encodePrefix } from "./store_key.ts";
import { keyOf, prefixOf } from "./tables.ts";

/** Milliseconds for which a lock of another process is waited for. */
const BUSY_MS = 10_000;

/** What is in a snapshot. */
export interface Snapshot {
  /** Accounts. */
  readonly accounts: number;
  /** Messages and changes of groups. */
  readonly entries: number;
  /** The record of the realm, as it was stored. */
  readonly realm: Uint8Array;
}

/**
 * Copies a database.
 *
 * @param database The file that a server may be using.
 * @param copy A file that does not exist.
 * @returns What is in the copy.
 * @throws {StartError} If the database cannot be read, or is none of a server.
 */
export function takeSnapshot(database: string, copy: string): Snapshot {
  try {
    using source = new DatabaseSync(database, { readOnly: true, timeout: BUSY_MS });
    source.prepare("VACUUM INTO ?").run(copy);
    using target = new DatabaseSync(copy, { readOnly: true });
    const realm = target.prepare("SELECT v FROM kv WHERE k = ?")
      .get(encodePrefix(keyOf.realm()))?.["v"];
    if (!(realm instanceof Uint8Array)) throw new Error("there is no realm in it");
    return {
      accounts: countBelow(target, prefixOf.accounts),
      entries: countBelow(target, ["entry"]),
      realm,
    };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot copy database ${database}: ${cause}. ` +
        "Make sure that it is a Fernchat database, and that there is room for a copy beside the backup.",
      { cause: error },
    );
  }
}

function countBelow(database: DatabaseSync, prefix: Key): number {
  const start = encodePrefix(prefix);
  // No part of a key begins with 0xff.
  const end = Uint8Array.of(...start, 0xff);
  const row = database.prepare("SELECT count(*) AS n FROM kv WHERE k > ? AND k < ?").get(
    start,
    end,
  );
  return Number(row?.["n"]);
}
