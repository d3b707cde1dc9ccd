/**
 * The lines of a file of pending messages.
 *
 * Each line is one Fernet token, `KDF(R, "", "ftc1 pending")` its key and R the root of the account. The
 * plaintext is JSON: `{"keep": message}` or `{"settled": id}`. A line that is kept again replaces the
 * former one in its place. The last line may have been cut by a crash.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import * as v from "valibot";
import { type FernetKey, importKey, InvalidToken, open, seal } from "../cipher/fernet.ts";
import { kdf } from "../cipher/kdf.ts";
import { type PendingMessage, pendingMessage } from "./pending_message.ts";

/** What one line says. */
export type PendingRecord =
  | { readonly keep: PendingMessage }
  | { readonly settled: string };

const record = v.union([v.object({ keep: pendingMessage }), v.object({ settled: v.string() })]);

/** What a file holds. */
export interface PendingContent {
  /** Messages that were kept and not settled, in order. */
  readonly messages: ReadonlyMap<string, PendingMessage>;
  /** Lines that cannot be read, without one that was only cut. */
  readonly damaged: number;
}

/**
 * Derives the key of an account's files.
 *
 * @param root The root of the account, 32 octets.
 * @returns The key.
 */
export async function pendingKey(root: Uint8Array): Promise<FernetKey> {
  return await importKey(await kdf(root, "", "ftc1 pending"));
}

/**
 * Writes a line.
 *
 * @param key From {@linkcode pendingKey}.
 * @param content What it says.
 * @returns The line, with its line feed.
 */
export async function sealRecord(key: FernetKey, content: PendingRecord): Promise<string> {
  return `${await seal(key, new TextEncoder().encode(JSON.stringify(content)))}\n`;
}

/**
 * Reads a file.
 *
 * @param key From {@linkcode pendingKey}.
 * @param text The content of the file.
 * @returns What is pending.
 */
export async function readRecords(key: FernetKey, text: string): Promise<PendingContent> {
  const lines = text.split("\n");
  const cut = lines.pop() ?? "";
  const messages = new Map<string, PendingMessage>();
  let damaged = 0;
  for (const [at, line] of [...lines, cut].entries()) {
    const content = await openRecord(key, line);
    if (content === null) damaged += at < lines.length ? 1 : 0;
    else if ("keep" in content) messages.set(content.keep.id, content.keep);
    else messages.delete(content.settled);
  }
  return { messages, damaged };
}

async function openRecord(key: FernetKey, line: string): Promise<PendingRecord | null> {
  try {
    const parsed = v.safeParse(record, JSON.parse(new TextDecoder().decode(await open(key, line))));
    return parsed.success ? parsed.output : null;
  } catch (error) {
    if (error instanceof InvalidToken || error instanceof SyntaxError) return null;
    throw error;
  }
}
