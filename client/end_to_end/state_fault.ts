/**
 * What can be wrong with a client state that the server shows, in the light of what is known.
 *
 * Only older, missing and incomplete can be seen, and only by who has seen a later one: a device without
 * a head believes what it is shown.
 * Source: FTC1 §7.7, §7.9.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { Head } from "./state_head.ts";
import type { StoredEntry } from "./state_pages.ts";
import type { StateTable } from "./state_table.ts";

/** What is wrong. */
export type StateFault = "older" | "missing" | "incomplete";

/** What the user is told to do about it. */
export const ACCEPT = "Nothing is sent end to end until you accept what it shows, with @trust.";

const SENTENCES: { readonly [F in StateFault]: string } = {
  older: "The server shows an older list of the keys that you know than this device has seen.",
  missing: "The server has lost the list of the keys that you know.",
  incomplete: "The list of the keys that you know is not complete at the server.",
};

/**
 * Says what is wrong and what to do.
 *
 * @param fault What is wrong.
 */
export function explainFault(fault: StateFault): string {
  return `${SENTENCES[fault]} ${ACCEPT}`;
}

/**
 * Judges a state.
 *
 * @param table What the server shows.
 * @param options Whether that ended within all bounds; what this device has last seen.
 * @returns What is wrong, or `null`.
 */
export async function findFault(
  table: StateTable,
  { isWhole, head }: { readonly isWhole: boolean; readonly head: Head | null },
): Promise<StateFault | null> {
  const { index } = table;
  if (!isWhole) return "incomplete";
  if (index === null) return head !== null || table.count > 0 ? "missing" : null;
  if (head !== null) {
    const { counter, hash } = headOf(index);
    if (counter < head.counter) return "older";
    if (counter === head.counter && hash !== head.hash) return "older";
  }
  return await table.isComplete() ? null : "incomplete";
}

/**
 * Makes the head of an index.
 *
 * @param index The entry.
 */
export function headOf({ counter, hash }: StoredEntry): Head {
  return { counter, hash: encodeBase64Url(hash ?? new Uint8Array()) };
}
