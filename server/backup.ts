/**
 * Makes a backup of a data folder, also of one that a server is using.
 *
 * Source: PRODUCT §4; FTC1 §5.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { decodeBase64Url } from "../cipher/base64url.ts";
import { importServerIdentity } from "../cipher/server_identity.ts";
import { BACKUP_FILES, type BackupManifest, MANIFEST } from "./backup_manifest.ts";
import { openKeyFile } from "./key_file.ts";
import { writeNewFile } from "./new_file.ts";
import { decodeRecord } from "./record.ts";
import { takeSnapshot } from "./snapshot.ts";
import { StartError } from "./start_error.ts";
import { keyOf, realmRecord } from "./tables.ts";
import { digestOf, packFiles, type TarFile } from "./tar_archive.ts";

/** What a backup is made of. */
export interface BackupOptions {
  /** The data folder. */
  readonly folder: string;
  /** Version of the program. */
  readonly version: string;
  /** Now. */
  readonly time: Date;
}

/**
 * Makes a backup.
 *
 * @param path A file that does not exist; beside it is room for twice the database.
 * @param options Of what.
 * @returns What it contains.
 * @throws {StartError} If it cannot be made; nothing is left behind.
 */
export async function makeBackup(path: string, options: BackupOptions): Promise<BackupManifest> {
  const target = resolve(path);
  try {
    if (await exists(target)) throw new Deno.errors.AlreadyExists();
    const folder = await Deno.makeTempDir({ dir: dirname(target), prefix: ".fernchat-backup-" });
    try {
      return await archive(target, { ...options, copies: folder });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new StartError(
        `Cannot write backup ${target}: it exists. Take another name; a backup is never written over.`,
      );
    }
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot write backup ${target}: ${cause}. Take a folder that you can write to and that has room.`,
      { cause: error },
    );
  }
}

async function archive(
  target: string,
  options: BackupOptions & { readonly copies: string },
): Promise<BackupManifest> {
  const { folder, copies, version, time } = options;
  const copy = (name: typeof BACKUP_FILES[number]) => join(copies, name);
  const { realm: record, accounts, entries } = takeSnapshot(
    join(folder, "chat.kv"),
    copy("chat.kv"),
  );
  const realm = decodeBase64Url(
    decodeRecord({ key: keyOf.realm(), value: record, version: "" }, realmRecord).realm,
  );
  const keyFile = join(folder, "server.key");
  const { identitySeed } = await openKeyFile(keyFile, {
    storedRealm: realm,
    // There need not be one; but a key file is to be found here, never made.
    hasAccounts: true,
    random: (length) => new Uint8Array(length),
  });
  await Deno.copyFile(keyFile, copy("server.key"));
  const identity = await importServerIdentity(identitySeed, realm);
  const manifest: BackupManifest = {
    format: "fernchat-backup-1",
    version,
    time: time.toISOString(),
    fingerprint: identity.fingerprint,
    accounts,
    entries,
    files: {
      "chat.kv": await digestOf(await contentOf(copy("chat.kv"))),
      "server.key": await digestOf(await contentOf(copy("server.key"))),
    },
  };
  const files: TarFile[] = [fileOf(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`)];
  for (const name of BACKUP_FILES) {
    files.push({ name, size: manifest.files[name].size, open: () => contentOf(copy(name)) });
  }
  await writeNewFile(target, async (writePiece) => {
    for await (const piece of packFiles(files, { time })) await writePiece(piece);
  });
  return manifest;
}

function fileOf(name: string, text: string): TarFile {
  const octets = new TextEncoder().encode(text);
  const open = () => Promise.resolve(ReadableStream.from([octets]));
  return { name, size: octets.length, open };
}

async function contentOf(path: string): Promise<ReadableStream<Uint8Array>> {
  return (await Deno.open(path)).readable;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
