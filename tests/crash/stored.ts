/**
 * Which messages the entries of a history and of the database are.
 *
 * The database holds direct and group messages as tokens: what is in one is known from the histories of
 * those who can open it. A token that nobody can open is wrong.
 *
 * @module
 */

import type { OpenedEntry } from "../../client/opened.ts";
import type { MessageEntry } from "../../protocol/event.ts";
import type { Stored } from "./verdict.ts";
import { saidIn, textOf } from "./words.ts";

/** Messages, and a sentence for each entry that is none of ours or not as it should be. */
export interface Identified {
  /** What was read. */
  readonly stored: Stored[];
  /** What could not be. */
  readonly wrong: string[];
}

/** Reads a history, opened. */
export function readHistory(entries: readonly OpenedEntry[]): Identified {
  const found: Identified = { stored: [], wrong: [] };
  for (const entry of entries) {
    if (entry.t === "change") continue;
    if (entry.t === "damaged") {
      found.wrong.push(`entry ${entry.id}: ${entry.text ?? "damaged"}`);
      continue;
    }
    add(found, { id: entry.id, text: entry.body });
    for (const mark of Object.values(entry.marks ?? {})) {
      found.wrong.push(`entry ${entry.id}: ${mark}`);
    }
  }
  return found;
}

/**
 * Reads the entries of the database.
 *
 * @param entries As they are stored.
 * @param opened What all accounts have read.
 */
export function identify(
  entries: readonly MessageEntry[],
  opened: readonly Stored[],
): Identified {
  const found: Identified = { stored: [], wrong: [] };
  const texts = new Map<number, string>();
  for (const { id, said } of opened) {
    const text = textOf(said);
    const other = texts.get(id) ?? text;
    if (other !== text) found.wrong.push(`entry ${id} is "${text}" to one, "${other}" to another`);
    texts.set(id, text);
  }
  for (const { id, kind, body } of entries) {
    const text = kind === "lobby" ? body : texts.get(id);
    if (text === undefined) found.wrong.push(`entry ${id} is stored, but nobody can open it`);
    else add(found, { id, text });
  }
  return found;
}

function add(
  { stored, wrong }: Identified,
  { id, text }: { readonly id: number; readonly text: string },
): void {
  const said = saidIn(text);
  if (said === null) wrong.push(`entry ${id} is none of ours: ${JSON.stringify(text)}`);
  else stored.push({ id, said });
}
