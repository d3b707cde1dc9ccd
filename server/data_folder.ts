/**
 * The folder that holds everything a server keeps, and the lock that makes it one server's.
 *
 *     DIR/         0700
 *     DIR/lock     held while the server runs; empty
 *     DIR/server.key   key file (key_file.ts)
 *     DIR/chat.kv  database (kv_store.ts), with chat.kv-wal and chat.kv-shm while it is open
 *
 * The lock is one of the operating system on the open file, so it ends with its owner, however that
 * ends; the file stays, since removing it would let two servers lock two files of one name. It is *not*
 * a guard against a program that does not ask for it.
 *
 * Source: PRODUCT §1, FTC1 §5.
 *
 * @module
 */

import { posix, resolve, win32 } from "node:path";
import { StartError } from "./start_error.ts";

/** The operating systems Deno knows. */
export type OperatingSystem = typeof Deno.build.os;

/**
 * Says where a server keeps its data unless told otherwise.
 *
 * `fernchat/server` below: macOS `~/Library/Application Support`, Windows `%LOCALAPPDATA%`, elsewhere
 * `$XDG_DATA_HOME`, or `~/.local/share` if that is unset or not absolute (XDG Base Directory
 * Specification 0.8). What a client of the same user keeps stands beside it.
 *
 * @param os The operating system.
 * @param environment Reads an environment variable.
 * @throws {StartError} If the environment does not say where the user's folders are.
 */
export function defaultDataFolder(
  os: OperatingSystem,
  environment: (name: string) => string | undefined,
): string {
  if (os === "windows") {
    return win32.join(required(environment, "LOCALAPPDATA"), "fernchat", "server");
  }
  if (os === "darwin") {
    return posix.join(
      required(environment, "HOME"),
      "Library",
      "Application Support",
      "fernchat",
      "server",
    );
  }
  const data = environment("XDG_DATA_HOME") ?? "";
  if (posix.isAbsolute(data)) return posix.join(data, "fernchat", "server");
  return posix.join(required(environment, "HOME"), ".local", "share", "fernchat", "server");
}

/** Another server has the folder. */
export class FolderInUse extends StartError {}

/** A data folder that is this process's alone until it is disposed of. */
export interface DataFolder extends Disposable {
  /** The folder, absolute. */
  readonly path: string;
  /** Where the key file is, or will be. */
  readonly keyFile: string;
  /** Where the database is, or will be. */
  readonly storeFile: string;
  /** What the operator should know: one line each. */
  readonly notices: readonly string[];
}

/**
 * Opens a data folder, makes it if it is absent, and locks it.
 *
 * @param path The folder.
 * @param options `os`: the operating system; on Windows modes are not checked, and a notice says so.
 * @throws {StartError} If it cannot be made or used, if others can read it, or if another server has it.
 */
export async function openDataFolder(
  path: string,
  { os = Deno.build.os }: { readonly os?: OperatingSystem } = {},
): Promise<DataFolder> {
  const folder = resolve(path);
  const notices = await prepare(folder, os);
  const lock = await takeLock(folder);
  return {
    path: folder,
    keyFile: resolve(folder, "server.key"),
    storeFile: resolve(folder, "chat.kv"),
    notices,
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

function required(environment: (name: string) => string | undefined, name: string): string {
  const value = environment(name);
  if (value) return value;
  throw new StartError(
    `Cannot choose a data folder: ${name} is not set. Set it, or give a folder with --data DIR.`,
  );
}

async function prepare(folder: string, os: OperatingSystem): Promise<string[]> {
  const { mode } = await attempt(folder, async () => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await Deno.stat(folder);
  });
  if (os === "windows") {
    return [`File modes are not checked on Windows: make sure that only you can read ${folder}.`];
  }
  // Not tightened here: what others could read until now may have been read.
  if (((mode ?? 0) & 0o077) !== 0) {
    throw new StartError(
      `Cannot use data folder ${folder}: group or others have access to it. ` +
        `Close it with: chmod 700 "${folder}"`,
    );
  }
  return [];
}

async function takeLock(folder: string): Promise<Deno.FsFile> {
  const options = { read: true, write: true, create: true, mode: 0o600 };
  const lock = await attempt(folder, () => Deno.open(resolve(folder, "lock"), options));
  try {
    if (await attempt(folder, () => lock.tryLock(true))) return lock;
    throw new FolderInUse(
      `Cannot use data folder ${folder}: another server is using it. ` +
        "Stop that one, or give this one a folder of its own with --data DIR.",
    );
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Does something with the folder; the system's refusal becomes the operator's. */
async function attempt<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot use data folder ${folder}: ${cause}. ` +
        "Make sure that you may write there, or give another one with --data DIR.",
      { cause: error },
    );
  }
}
