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
  /** Whether an entry is passed over; none unless told. */
  readonly hides?: (entry: OpenedEntry) => boolean;
  /** Fetches one page, `null` being a refusal that was shown; asks once unless told. */
  readonly page?: (command: Ask) => Steps<OpenedHistory | null>;
}

/** Entries asked for at once, at the least, where some of them may be passed over. */
const PAGE_WITH_HIDDEN = 100;

/** The newest entries of a range. */
export interface Newest {
  /** Ascending. */
  readonly entries: readonly OpenedEntry[];
  /** How many entries the range has, as far as the server said so, without those passed over. */
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
  const { of, after = 0, kinds = "messages", hides, page: fetchPage = fetchOnce } = range;
  let upto = range.upto ?? Number.MAX_SAFE_INTEGER;
  let entries: OpenedEntry[] = [];
  let total = 0;
  for (let page = 0; page < MAX_PAGES && entries.length < count && upto > after; page++) {
    const answer = yield* fetchPage({
      t: "history",
      ...(of === undefined ? {} : { of }),
      after,
      upto,
      limit: Math.max(count - entries.length, hides === undefined ? 1 : PAGE_WITH_HIDDEN),
      kinds,
    });
    if (answer === null) return null;
    const read = ascending(answer.entries, { after, upto });
    const fresh = hides === undefined ? read : read.filter((entry) => !hides(entry));
    if (page === 0) total = answer.total ?? 0;
    total -= read.length - fresh.length;
    entries = [...fresh.slice(entries.length - count), ...entries];
    const first = read[0];
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

/** What {@linkcode showHistory} shows, and how. */
export interface HistoryRange extends Range {
  /** Whether the heading is shown when there are none. */
  readonly empty: "show" | "hide";
  /** Set where they go on from others that were shown before. */
  readonly isOlder?: true;
}

/**
 * Shows the last messages, oldest first: `@history`, and the lobby to who is new.
 *
 * @param count How many at the most.
 * @param range Which, and how.
 * @returns The entries; `null` after a refusal, which has been shown.
 */
export function* showHistory(
  count: number,
  { empty, isOlder, ...range }: HistoryRange,
): Steps<readonly OpenedEntry[] | null> {
  const found = yield* newest(count, range);
  if (found === null) return null;
  const { entries } = found;
  if (entries.length === 0 && empty === "hide") return entries;
  const older = isOlder === undefined ? {} : { isOlder };
  yield* show({ type: "history", count: entries.length, ...older });
  for (const entry of entries) yield* show({ type: "past", entry });
  return entries;
}
