/**
 * Files that appear whole or not at all, synced to disk, mode 0600, and never in place of another one.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { writeAll } from "../transport/write_all.ts";

/**
 * Writes a file of a temporary name, and links it to its own when it is whole and synced.
 *
 * @param path Where it is to appear.
 * @param write Writes the content, piece by piece.
 * @throws {Deno.errors.AlreadyExists} If something stands there; nothing is left behind.
 */
export async function writeNewFile(
  path: string,
  write: (writePiece: (piece: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    {
      using file = await Deno.open(unfinished, { write: true, createNew: true, mode: 0o600 });
      await write((piece) => writeAll(file, piece));
      await file.sync();
    }
    await Deno.link(unfinished, path);
  } finally {
    await Deno.remove(unfinished).catch(() => {});
  }
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and needs it less.
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
