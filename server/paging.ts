/**
 * Lists cut into pages (FTC1 §3.10: at most 48 KiB in one answer).
 *
 * @module
 */

import { MAX_PAGE_OCTETS } from "../protocol/limits.ts";

/**
 * Takes the first page of what comes after a name.
 *
 * @param items Sorted by name.
 * @param options How to name an item, and the last name of the page before.
 * @returns As many items as fit, at least one where there are any, and whether there are more.
 */
export function pageOf<T>(
  items: readonly T[],
  options: { readonly name: (item: T) => string; readonly after: string | undefined },
): { readonly page: readonly T[]; readonly more: boolean } {
  const { name, after } = options;
  const rest = after === undefined ? items : items.filter((item) => name(item) > after);
  let octets = 0;
  let taken = 0;
  for (const item of rest) {
    octets += JSON.stringify(item).length + 1;
    if (octets > MAX_PAGE_OCTETS && taken > 0) break;
    taken++;
  }
  return { page: rest.slice(0, taken), more: taken < rest.length };
}
