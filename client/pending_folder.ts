/**
 * The folder with the pending messages of one account, and what earlier sessions left in it.
 *
 * Names are never file names (FTC1 §4.6): the folder is called by a hash of realm and user, so it does
 * not say either whose it is.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { join } from "node:path";
import { label, vec8 } from "../cipher/bytes.ts";
import type { FernetKey } from "../cipher/fernet.ts";
import type { IdentityScope } from "../cipher/identity.ts";
import { hash } from "../cipher/kdf.ts";
import { PENDING, PendingFile } from "./pending_file.ts";
import type { PendingMessage } from "./pending_message.ts";
import { type PendingContent, readRecords } from "./pending_record.ts";

/** Octets of the hash in the name: enough that no two accounts share a folder. */
const NAME_OCTETS = 16;

/**
 * Names the folder of an account.
 *
 * @param data The client's data folder.
 * @param account Realm and user.
 * @returns Its path; it may not exist.
 */
export async function pendingFolder(data: string, account: IdentityScope): Promise<string> {
  const { realm, user } = account;
  const name = await hash(label("fernchat pending folder"), realm, vec8(user));
  return join(data, "pending", name.subarray(0, NAME_OCTETS).toHex());
}

/** A file whose session is gone. */
export interface Abandoned {
  /** Locked; the receiver removes it, puts it aside or lets it go. */
  readonly file: PendingFile;
  /** What it holds, in order. */
  readonly messages: readonly PendingMessage[];
  /** Whether there is more in it that cannot be read. */
  readonly isDamaged: boolean;
}

/**
 * Takes over the files whose sessions are gone.
 *
 * @param folder The folder, which need not exist.
 * @param options The keys that may open them, from `pendingKey`; whether a file that none of them opens is
 *   left where it is, since a former root may.
 * @returns The files, one after the other.
 * @throws {Error} An error of the system, if the folder or a file cannot be read.
 */
export async function* takeAbandoned(
  folder: string,
  { keys, closed }: { readonly keys: readonly FernetKey[]; readonly closed: "leave" | "take" },
): AsyncGenerator<Abandoned> {
  for (const name of await namesIn(folder)) {
    const file = await PendingFile.adopt(join(folder, name));
    if (file === null) continue;
    try {
      const text = await file.read();
      const { messages, damaged } = text === null ? UNREADABLE : await readWith(keys, text);
      if (damaged > 0 && messages.size === 0 && closed === "leave") {
        file[Symbol.dispose]();
        continue;
      }
      yield { file, messages: [...messages.values()], isDamaged: damaged > 0 };
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }
}

const UNREADABLE: PendingContent = { messages: new Map<string, PendingMessage>(), damaged: 1 };

/** A file is under one key: the first that opens anything. */
async function readWith(keys: readonly FernetKey[], text: string): Promise<PendingContent> {
  let content = UNREADABLE;
  for (const key of keys) {
    content = await readRecords(key, text);
    if (content.messages.size > 0 || content.damaged === 0) break;
  }
  return content;
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && name.endsWith(PENDING)) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
