/**
 * The file `settings.json`: replaced by a temporary file and a rename.
 *
 * A broken file is never overwritten: there is something in it that its owner wanted. A symbolic link
 * stays one, and what it leads to is replaced.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { dirname } from "node:path";
import { readRecord, type SettingsRecord, writeRecord } from "./settings_record.ts";
import { causeText } from "./system_error.ts";

/** Octets of the longest file that is read. */
const LONGEST = 1_048_576;

/** A file that cannot be used; the message says why, and what to do. */
export class SettingsTrouble extends Error {
  /** Says what kind of error it is. */
  override readonly name = "SettingsTrouble";
}

/** The settings of a user, on disk. */
export class SettingsFile {
  /** Where it is. */
  readonly path: string;

  /**
   * Names the file, which need not exist.
   *
   * @param path Where it is or will be; its folder is made when something is written.
   */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads it.
   *
   * @returns What is in it; nothing where there is no file.
   * @throws {SettingsTrouble} If it cannot be read.
   */
  async read(): Promise<SettingsRecord> {
    let text: string;
    try {
      const { size, isFile } = await Deno.stat(this.path);
      if (!isFile) throw new SettingsTrouble(this.#cannotUse("it is no file"));
      if (size > LONGEST) throw new SettingsTrouble(this.#cannotUse("it is too long"));
      text = await Deno.readTextFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return {};
      if (cause instanceof SettingsTrouble) throw cause;
      throw new SettingsTrouble(this.#cannotUse(causeText(cause)), { cause });
    }
    const read = readRecord(text);
    if (read.type === "broken") throw new SettingsTrouble(this.#cannotUse(read.reason));
    return read.record;
  }

  /**
   * Changes it; what another client has changed meanwhile stays.
   *
   * @param change Makes what is to be kept of what is there.
   * @throws {SettingsTrouble} If it cannot be read or written; it is as it was then.
   */
  async change(change: (record: SettingsRecord) => SettingsRecord): Promise<void> {
    const content = writeRecord(change(await this.read()));
    try {
      await Deno.mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await replace(await this.#target(), content);
    } catch (cause) {
      throw new SettingsTrouble(`Cannot write ${this.path}: ${causeText(cause)}.`, { cause });
    }
  }

  async #target(): Promise<string> {
    try {
      return await Deno.realPath(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return this.path;
      throw error;
    }
  }

  #cannotUse(reason: string): string {
    return `Cannot use ${this.path}: ${reason}. Repair or delete it.`;
  }
}

async function replace(path: string, content: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, content, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
