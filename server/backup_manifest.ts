/**
 * A backup: one tar archive, mode 0600, with these files in this order.
 *
 *     manifest.json   what the backup contains, for people and for `restore`
 *     chat.kv         the database, as it was at one moment
 *     server.key      the key file (key_file.ts)
 *
 * Whoever has a backup can pose as the server and read what is not encrypted end to end: it is as
 * secret as the data folder.
 *
 * @module
 */

import * as v from "valibot";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const file = v.object({
  /** Octets. */
  size: count,
  /** SHA-256, hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** The name of the manifest in the archive. */
export const MANIFEST = "manifest.json";

/** The other files of a backup, in the order of the archive; in the data folder they have the same names. */
export const BACKUP_FILES = ["chat.kv", "server.key"] as const;

/** Octets of the longest manifest. */
export const MAX_MANIFEST_OCTETS = 65_536;

/** Under `manifest.json`. */
export const backupManifest = v.object({
  /** Names the format. */
  format: v.literal("fernchat-backup-1"),
  /** Version of the program that made it. */
  version: v.string(),
  /** When, ISO 8601. */
  time: v.string(),
  /** Of the server (FTC1 §3.2). */
  fingerprint: v.string(),
  /** Accounts in the database. */
  accounts: count,
  /** Messages and changes of groups in the database. */
  entries: count,
  /** What the files must be. */
  files: v.object({ "chat.kv": file, "server.key": file }),
});

/** What a backup says about itself. */
export type BackupManifest = v.InferOutput<typeof backupManifest>;
