/**
 * The key file of a server: its identity seed and its realm.
 *
 * Format, one line of 83 octets, mode 0600:
 *
 *     "ftc1-server-key-1 " ‖ base64url(identity seed 32 ‖ realm 16) ‖ line feed
 *
 * First start, in this order: the file is written whole and synced under another name, linked to its own
 * name (which fails rather than replace a file), the folder is synced; only then may the caller store
 * the realm in the database. So a crash leaves one of these, and none of them is half:
 *
 * | key file | realm in the database | next start |
 * |---|---|---|
 * | absent, perhaps the other name | absent | begins again |
 * | present | absent | takes the file; the caller stores its realm |
 * | present | present | compares |
 *
 * Absent with a realm present is no crash: someone removed it. Without accounts a new seed takes that
 * realm; with accounts it is refused.
 *
 * It has *no* checksum (FTC1 §5): a changed realm is noticed, a changed seed only by its fingerprint.
 *
 * Source: FTC1 §3.2, §5, §9 row 100.
 *
 * @module
 */

import { dirname } from "node:path";
import type { OperatingSystem } from "./data_folder.ts";
import { StartError } from "./start_error.ts";

const LABEL = "ftc1-server-key-1 ";
const SEED = 32;
const REALM = 16;
// 48 octets are 64 digits without padding or spare bits, so a key has exactly one spelling.
const LINE = new RegExp(`^${LABEL}([A-Za-z0-9_-]{64})\n$`);
const LENGTH = LABEL.length + 64 + 1;

/** What a key file says, and how it was found. */
export interface KeyFile {
  /** Ed25519 private seed, 32 octets. Secret. */
  readonly identitySeed: Uint8Array;
  /** Names the database, 16 octets. If none is stored there, the caller stores this one now. */
  readonly realm: Uint8Array;
  /** True if the file was made just now. */
  readonly created: boolean;
  /** What the operator should know: one line each. */
  readonly notices: readonly string[];
}

/** What `openKeyFile` has to know. */
export interface KeyFileOptions {
  /** Gives that many random octets. */
  readonly random: (length: number) => Uint8Array;
  /** The realm that the database stores, or null if it stores none. */
  readonly storedRealm: Uint8Array | null;
  /** Whether the database has an account. */
  readonly hasAccounts: boolean;
  /** The operating system; on Windows modes are not checked, and a notice says so. */
  readonly os?: OperatingSystem;
}

/**
 * Reads the key file, or makes it if it is absent and nothing depends on it.
 *
 * @param path The file, in a data folder that is locked (`openDataFolder`).
 * @throws {StartError} If group or others can read it, if it is damaged, if it is missing although the
 * database has accounts, if its realm is not that of the database, or if the system refuses.
 */
export async function openKeyFile(path: string, options: KeyFileOptions): Promise<KeyFile> {
  const { storedRealm, hasAccounts } = options;
  try {
    if (hasAccounts && storedRealm === null) {
      throw new StartError(
        "Cannot start server: the database has accounts but does not say which key file is its own. " +
          "Restore the data folder from a backup.",
      );
    }
    await remove(unfinished(path));
    const file = await openIfPresent(path);
    if (file === null) return await create(path, options);
    using _ = file;
    return await read(file, path, options);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot use key file ${path}: ${cause}. Make sure that you may read and write it.`,
      { cause: error },
    );
  }
}

async function read(file: Deno.FsFile, path: string, options: KeyFileOptions): Promise<KeyFile> {
  const { storedRealm, os = Deno.build.os } = options;
  const notices: string[] = [];
  if (os === "windows") {
    notices.push(
      `File modes are not checked on Windows: make sure that only you can read ${path}.`,
    );
  } else if ((((await file.stat()).mode ?? 0) & 0o077) !== 0) {
    throw new StartError(
      `Cannot use key file ${path}: group or others have access to it. ` +
        `Close it with: chmod 600 "${path}"`,
    );
  }
  const digits = LINE.exec(await readStart(file))?.[1];
  if (digits === undefined) {
    throw new StartError(
      `Cannot use key file ${path}: it is damaged, expected one line "${LABEL}" and 64 characters. ` +
        "Restore it from a backup.",
    );
  }
  const key = Uint8Array.fromBase64(digits, { alphabet: "base64url" });
  const realm = key.slice(SEED);
  if (storedRealm === null) {
    notices.push(
      `Key file ${path} was there already, but the database is new: if there was an older one, stop ` +
        "and restore it.",
    );
  } else if (realm.toHex() !== storedRealm.toHex()) {
    throw new StartError(
      `Cannot use key file ${path}: it belongs to another database. ` +
        "Restore key file and database from the same backup.",
    );
  }
  return { identitySeed: key.slice(0, SEED), realm, created: false, notices };
}

/** Reads no more than tells a key file from another one. */
async function readStart(file: Deno.FsFile): Promise<string> {
  const octets = new Uint8Array(LENGTH + 1);
  let length = 0;
  for (
    let count: number | null = 0;
    count !== null && length < octets.length;
    length += count ?? 0
  ) {
    count = await file.read(octets.subarray(length));
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets.subarray(0, length));
}

async function create(path: string, options: KeyFileOptions): Promise<KeyFile> {
  const { random, storedRealm, hasAccounts, os = Deno.build.os } = options;
  if (hasAccounts) {
    throw new StartError(
      `Cannot use key file ${path}: it is missing, but the database has accounts, which a new key ` +
        "would lock out. Restore it from a backup.",
    );
  }
  const identitySeed = random(SEED);
  const realm = storedRealm ?? random(REALM);
  const key = Uint8Array.of(...identitySeed, ...realm);
  if (key.length !== SEED + REALM) {
    throw new RangeError(`expected ${SEED + REALM} octets of key, got ${key.length}`);
  }
  const text = LABEL + key.toBase64({ alphabet: "base64url" }) + "\n";
  await writeNew(unfinished(path), new TextEncoder().encode(text));
  await Deno.link(unfinished(path), path);
  await remove(unfinished(path));
  if (os !== "windows") await syncFolder(dirname(path));
  return { identitySeed, realm, created: true, notices: [] };
}

/** The name under which a key file is written; what stands there was never used. */
function unfinished(path: string): string {
  return `${path}.new`;
}

async function writeNew(path: string, octets: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  for (let offset = 0; offset < octets.length;) {
    offset += await file.write(octets.subarray(offset));
  }
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

async function openIfPresent(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
