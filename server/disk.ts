/**
 * Whether there is room on the disk. A database on a full disk fails in the middle of things; below
 * a floor nothing new is accepted, and what is stored stays readable.
 *
 * @module
 */

import { statfs } from "node:fs/promises";

/** Tells the octets that are free for us on the disk of a folder; `null` where that may not be known. */
export type FreeSpace = (folder: string) => Promise<number | null>;

/**
 * Asks the system (needs `--allow-sys=statfs`, which `-A` includes).
 *
 * @param folder Any folder on the disk.
 */
export async function freeSpace(folder: string): Promise<number | null> {
  const { state } = await Deno.permissions.query({ name: "sys", kind: "statfs" });
  if (state !== "granted") return null;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Watches the disk of the data folder. */
export class DiskGuard {
  readonly #folder: string;
  readonly #floor: number;
  readonly #free: FreeSpace;
  #full = false;

  /**
   * Makes a `DiskGuard` that knows of no lack.
   *
   * @param folder The data folder.
   * @param options Octets that must stay free; how to learn how many are.
   */
  constructor(folder: string, options: { readonly floor: number; readonly free: FreeSpace }) {
    this.#folder = folder;
    this.#floor = options.floor;
    this.#free = options.free;
  }

  /** Whether less is free than must be, as far as was known at the last look. */
  get isFull(): boolean {
    return this.#full;
  }

  /**
   * Looks. To be called every few seconds.
   *
   * @returns Whether the answer is another one than before.
   */
  async look(): Promise<boolean> {
    const before = this.#full;
    const free = await this.#free(this.#folder);
    this.#full = free !== null && free < this.#floor;
    return this.#full !== before;
  }
}
