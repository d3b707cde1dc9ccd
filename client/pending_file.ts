/**
 * One file of pending messages, locked by the session that writes it.
 *
 * Lines are only added; a line is complete with its line feed, so that a crash costs at most the line
 * that was being written. The lock is the system's, on the open file: it ends with the session, however
 * that ends. A file is removed by who holds its lock, and nobody believes a lock on a file that has been
 * removed.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { dirname, join } from "node:path";

/** How the name of a file ends whose messages wait. */
export const PENDING = ".pending";

/** Octets of a file that is read; a session writes a small part of it. */
const LONGEST = 67_108_864;

/** How often a name is tried before something else must be wrong. */
const TRIES = 10;

/** A file that is this session's alone. */
export class PendingFile implements Disposable {
  /** Where it is. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  #octets = 0;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Makes a new file, mode 0600, and its folder, mode 0700.
   *
   * @param folder Where.
   * @returns The file, empty and locked.
   * @throws {Error} An error of the system, if it cannot be made.
   */
  static async create(folder: string): Promise<PendingFile> {
    for (let tries = 0;; tries++) {
      const path = join(folder, `${crypto.randomUUID()}${PENDING}`);
      try {
        await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
        const options = { createNew: true, read: true, append: true, mode: 0o600 } as const;
        const file = await PendingFile.#lock(path, await Deno.open(path, options));
        if (file !== null) return file;
      } catch (error) {
        // Another session may have removed the empty folder meanwhile.
        if (!(error instanceof Deno.errors.NotFound) || tries >= TRIES) throw error;
      }
      if (tries >= TRIES) throw new Error(`Cannot lock ${path}: somebody else always has it`);
    }
  }

  /**
   * Takes over a file whose session is gone.
   *
   * @param path Where it is.
   * @returns The file, locked, or `null` where its session lives or somebody else was faster.
   * @throws {Error} An error of the system, if it cannot be opened.
   */
  static async adopt(path: string): Promise<PendingFile | null> {
    try {
      return await PendingFile.#lock(path, await Deno.open(path, { read: true, write: true }));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** Octets that were written here. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Reads everything.
   *
   * @returns The text, or `null` where it is longer than any session would write.
   * @throws {Error} An error of the system.
   */
  async read(): Promise<string | null> {
    if ((await this.#file.stat()).size > LONGEST) return null;
    // Not by name: on Windows only who holds the lock may read.
    await this.#file.seek(0, Deno.SeekMode.Start);
    const chunks = await Array.fromAsync(readAll(this.#file));
    return await new Blob(chunks).text();
  }

  /**
   * Adds lines; only `sync` brings them to the disk.
   *
   * @param lines With their line feeds.
   * @throws {Error} An error of the system.
   */
  async append(lines: string): Promise<void> {
    const octets = new TextEncoder().encode(lines);
    for (let at = 0; at < octets.length;) at += await this.#file.write(octets.subarray(at));
    this.#octets += octets.length;
  }

  /** Waits until all lines are on the disk. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Puts the file aside, where no session looks for it, and unlocks it. */
  async putAside(): Promise<string> {
    const path = `${this.path}.damaged`;
    await Deno.rename(this.path, path);
    this[Symbol.dispose]();
    return path;
  }

  /** Removes the file, and its folder if that is empty then. */
  async remove(): Promise<void> {
    await Deno.remove(this.path);
    this[Symbol.dispose]();
    // There may be other files in it.
    await Deno.remove(dirname(this.path)).catch(() => {});
  }

  /** Unlocks the file and leaves it to the next session. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  static async #lock(path: string, file: Deno.FsFile): Promise<PendingFile | null> {
    try {
      // Who had the lock before may have removed the file: then it is locked for nothing.
      if (await file.tryLock(true) && await exists(path)) return new PendingFile(path, file);
      file.close();
      return null;
    } catch (error) {
      file.close();
      throw error;
    }
  }
}

async function* readAll(file: Deno.FsFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(65_536);
  while (true) {
    const octets = await file.read(buffer);
    if (octets === null) return;
    yield buffer.slice(0, octets);
  }
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
