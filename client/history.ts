/**
 * Reading history in pages (docs/PROTOCOL.md, "history").
 *
 * @module
 */

import type { OpenedEntry, OpenedHistory } from "./opened.ts";
import { type Ask, fetch, MAX_PAGES, show, type Steps } from "./request.ts";

/** Which entries are wanted. */
export interface Range {
  /** One conversation; all without it. */
  readonly of?: string | undefined;
  /** Only entries with a greater id. */
  readonly after?: number;
  /** Only entries with this id or a smaller one. */
  readonly upto?: number;
  /** Whether changes of groups are wanted, too. */
  readonly kinds?: "messages" | "all";
  /** Fetches one page, `null` being a refusal that was shown; asks once unless told. */
  readonly page?: (command: Ask) => Steps<OpenedHistory | null>;
}

/** The newest entries of a range. */
export interface Newest {
  /** Ascending. */
  readonly entries: readonly OpenedEntry[];
  /** How many entries the range has, as far as the server said so. */
  readonly total: number;
}

/**
 * Fetches the newest entries of a range, page by page.
 *
 * @param count How many at the most, 1–1,000.
 * @param range Which.
 * @returns The entries, or `null` after a refusal, which has been shown.
 */
export function* newest(count: number, range: Range): Steps<Newest | null> {
  const { of, after = 0, kinds = "messages", page: fetchPage = fetchOnce } = range;
  let upto = range.upto ?? Number.MAX_SAFE_INTEGER;
  let entries: OpenedEntry[] = [];
  let total = 0;
  for (let page = 0; page < MAX_PAGES && entries.length < count && upto > after; page++) {
    const answer = yield* fetchPage({
      t: "history",
      ...(of === undefined ? {} : { of }),
      after,
      upto,
      limit: count - entries.length,
      kinds,
    });
    if (answer === null) return null;
    const fresh = ascending(answer.entries, { after, upto }).slice(entries.length - count);
    if (page === 0) total = answer.total ?? 0;
    entries = [...fresh, ...entries];
    const first = fresh[0];
    if (!answer.more || first === undefined) break;
    upto = first.id - 1;
  }
  return { entries, total: Math.max(total, entries.length) };
}

function* fetchOnce(command: Ask): Steps<OpenedHistory | null> {
  return yield* fetch(command, "history");
}

/**
 * Keeps what lies in the range and in order, so that a faulty server can repeat nothing.
 *
 * @param entries A page.
 * @param range `after` and `upto` as asked for.
 * @returns Entries with strictly growing ids, all in the range.
 */
export function ascending(
  entries: readonly OpenedEntry[],
  range: { readonly after: number; readonly upto: number },
): OpenedEntry[] {
  let last = range.after;
  return entries.filter(({ id }) => {
    if (id <= last || id > range.upto) return false;
    last = id;
    return true;
  });
}

/**
 * Shows the last messages, oldest first: `@history`, and the lobby to who is new.
 *
 * @param count How many at the most.
 * @param range Which; `empty` says whether the heading is shown when there are none.
 * @returns Whether there was an answer.
 */
export function* showHistory(
  count: number,
  range: Range & { readonly empty: "show" | "hide" },
): Steps<boolean> {
  const found = yield* newest(count, range);
  if (found === null) return false;
  if (found.entries.length === 0 && range.empty === "hide") return true;
  yield* show({ type: "history", count: found.entries.length });
  for (const entry of found.entries) yield* show({ type: "past", entry });
  return true;
}
