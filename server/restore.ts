/**
 * Makes a data folder of a backup.
 *
 * Nothing of the archive is believed before it is checked: three files of known names and sizes, and
 * nothing else. The database appears before the key file, so that what is left of a crash in between is
 * a folder on which no server starts.
 *
 * @module
 */

import { join, resolve } from "node:path";
import * as v from "valibot";
import {
  BACKUP_FILES,
  type BackupManifest,
  backupManifest,
  MANIFEST,
  MAX_MANIFEST_OCTETS,
} from "./backup_manifest.ts";
import { openDataFolder } from "./data_folder.ts";
import { writeNewFile } from "./new_file.ts";
import { StartError } from "./start_error.ts";
import { digestOf, type UnpackedFile, unpackFiles } from "./tar_archive.ts";

/**
 * Restores a backup.
 *
 * @param path The archive.
 * @param folder An empty or absent data folder.
 * @returns What the backup contains.
 * @throws {StartError} If it cannot be restored; the folder is empty then.
 */
export async function restoreBackup(path: string, folder: string): Promise<BackupManifest> {
  const archive = await open(path);
  try {
    using locked = await openDataFolder(folder);
    await refuseUnlessEmpty(locked.path);
    return await unpack(archive, { path, folder: locked.path });
  } finally {
    await archive.cancel().catch(() => {});
  }
}

async function open(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    return (await Deno.open(path)).readable;
  } catch (error) {
    throw new StartError(
      `Cannot read backup ${resolve(path)}: ${
        messageOf(error)
      }. Give a file that backup has written.`,
      { cause: error },
    );
  }
}

async function refuseUnlessEmpty(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name === "lock") continue;
    throw new StartError(
      `Cannot restore into ${folder}: it is not empty (${name}). ` +
        "Give an empty or new folder with --data DIR.",
    );
  }
}

async function unpack(
  archive: ReadableStream<Uint8Array>,
  { path, folder }: { readonly path: string; readonly folder: string },
): Promise<BackupManifest> {
  const written: string[] = [];
  const files = unpackFiles(archive);
  try {
    const manifest = await readManifest(await next(files, MANIFEST));
    for (const name of BACKUP_FILES) {
      const file = await next(files, name);
      const target = join(folder, name);
      const expected = manifest.files[name];
      if (file.size !== expected.size) throw new Error(`${name} has another size than it should`);
      written.push(target);
      await writeNewFile(target, async (write) => {
        const { sha256 } = await digestOf(file.content, { write });
        if (sha256 !== expected.sha256) throw new Error(`${name} is not what the manifest says`);
      });
    }
    if (!(await files.next()).done) throw new Error("there is more in it than a backup has");
    return manifest;
  } catch (error) {
    for (const file of written) await Deno.remove(file).catch(() => {});
    throw new StartError(
      `Cannot restore backup ${resolve(path)}: ${messageOf(error)}. ` +
        "Make sure that it is whole and that there is room, or take another one.",
      { cause: error },
    );
  } finally {
    // Of an archive that is cut it says so once more.
    await files.return().catch(() => {});
  }
}

async function next(files: AsyncGenerator<UnpackedFile>, name: string): Promise<UnpackedFile> {
  const { value: file, done } = await files.next();
  if (done || !file.isFile || file.name !== name) throw new Error(`expected ${name} in it`);
  return file;
}

async function readManifest(file: UnpackedFile): Promise<BackupManifest> {
  if (file.size > MAX_MANIFEST_OCTETS) throw new Error("its manifest is too long");
  const result = v.safeParse(backupManifest, JSON.parse(await new Response(file.content).text()));
  if (result.success) return result.output;
  throw new Error("its manifest is of another format; a newer version may have made it");
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\.?\s*$/, "");
}
