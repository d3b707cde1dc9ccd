/**
 * What a face gets as soon as it is known whose it is: the settings, and what was typed in earlier runs.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { Account } from "./account.ts";
import type { Face } from "./face.ts";
import { SettingsBook, type SettingsBookOptions } from "./settings_book.ts";
import type { SessionSettings } from "./settings.ts";
import { InputMemory } from "./terminal/input_memory.ts";

/** Settings for a session; disposing waits until all changes are on the disk. */
export interface Equipment extends AsyncDisposable {
  /** What the user has set, on this server. */
  readonly settings: SessionSettings;
}

/** Whose face it is, and where things are kept. */
export interface EquipmentOptions {
  /** Who has logged in. */
  readonly account: Account;
  /** The folder for data; `null` where there is none. */
  readonly data: string | null;
  /** The settings; `null` where there is no place for them. */
  readonly file: SettingsBookOptions["file"];
}

/**
 * Reads the settings and gives the face what it can use.
 *
 * @param face The face.
 * @param options Whose.
 */
export async function equip(face: Face, options: EquipmentOptions): Promise<Equipment> {
  const { account, data, file } = options;
  const book = await SettingsBook.open({
    file,
    tell: (text) => void face.notice(text),
    changed: (settings) => face.configure?.(settings),
  });
  face.configure?.(book.current);
  const memory = data === null || face.recall === undefined
    ? null
    : await InputMemory.of(data, account);
  if (memory !== null) face.recall?.(await memory.read(), (line) => memory.keep(line));
  return {
    settings: book.at(encodeBase64Url(account.realm)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([book.kept, memory?.kept]);
    },
  };
}
