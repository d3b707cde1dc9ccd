/**
 * What was missed: the entries between the cursor of the account and the moment of the login.
 *
 * The plain face shows all, a terminal the last ones and how many there are before. They are asked
 * for in pages, and each page counts as shown once it has been written out. A page that is refused is
 * asked for again after a while, as often as it takes: what comes later must not be shown before it.
 * Source: PRODUCT §2; docs/PROTOCOL.md, "Log in" and "history".
 *
 * @module
 */

import { ascending, type Newest, newest, showHistory } from "./history.ts";
import type { OpenedEntry, OpenedHistory } from "./opened.ts";
import { type Ask, ask, MAX_PAGES, refusalOf, show, type Steps } from "./request.ts";

/** Messages of the lobby that a new account sees (PRODUCT §2). */
const FIRST_SIGHT = 20;

/** Entries asked for at once; the server's page may be smaller. */
const PAGE = 200;

/** Seconds after which a refused page is asked for again: the first wait, doubled up to the last. */
const WAITS = { first: 1, last: 60 };

/** Where to begin and where to end. */
export interface MissedRange {
  /** What any session of the account has shown. */
  readonly cursor: number;
  /** The newest entry at the login; it may grow while entries are fetched. */
  last(): number;
  /** Whether an entry is passed over. */
  readonly hides: (entry: OpenedEntry) => boolean;
}

/**
 * Shows a new account the last messages of the lobby.
 *
 * @param last The newest entry at the login.
 */
export function* firstSight(last: number): Steps<void> {
  yield* showHistory(FIRST_SIGHT, { of: "lobby", upto: last, empty: "hide" });
}

/**
 * Shows everything that was missed.
 *
 * @param range From where to where.
 */
export function* allMissed(range: MissedRange): Steps<void> {
  yield* following(range, { after: range.cursor, heading: "to come" });
}

/**
 * Shows the last entries that were missed.
 *
 * @param range From where to where.
 * @param count How many at the most.
 */
export function* lastMissed(range: MissedRange, count: number): Steps<void> {
  const upto = range.last();
  if (upto <= range.cursor) return;
  let found: Newest | null = null;
  while (found === null) {
    found = yield* newest(count, { after: range.cursor, upto, kinds: "all", page: insist });
  }
  const { entries, total } = found;
  if (entries.length === 0) return yield* following(range, { after: upto, heading: "to come" });
  const missed = total - hiddenIn(entries, range);
  if (missed > 0) yield* show({ type: "missed", count: missed, older: total - entries.length });
  for (const entry of entries) yield* pass(entry, range);
  yield* following(range, { after: upto, heading: missed > 0 ? "shown" : "to come" });
}

function* following(
  range: MissedRange,
  begin: { readonly after: number; readonly heading: "to come" | "shown" },
): Steps<void> {
  let { after } = begin;
  let headed = begin.heading === "shown";
  for (let page = 0; after < range.last(); page++) {
    const upto = range.last();
    const answer = yield* insist({
      t: "history",
      after,
      upto,
      limit: PAGE,
      from: "oldest",
      kinds: "all",
    });
    const entries = ascending(answer.entries, { after, upto });
    const hidden = hiddenIn(entries, range);
    if (!headed && entries.length > hidden) {
      yield* show({ type: "missed", count: (answer.total ?? entries.length) - hidden, older: 0 });
      headed = true;
    }
    for (const entry of entries) yield* pass(entry, range);
    const stuck = entries.length === 0 || page > MAX_PAGES * MAX_PAGES;
    after = answer.more && !stuck ? entries.at(-1)?.id ?? upto : upto;
  }
  if (headed) yield* show({ type: "now" });
}

function hiddenIn(entries: readonly OpenedEntry[], { hides }: MissedRange): number {
  return entries.filter(hides).length;
}

/** Shows an entry, or passes over it; either way it is done with. */
function* pass(entry: OpenedEntry, { hides }: MissedRange): Steps<void> {
  if (hides(entry)) yield { type: "passed", upto: entry.id };
  else yield* show({ type: "past", entry }, entry.id);
}

/** Asks for a page until it comes, and says once why it does not. */
function* insist(command: Ask): Steps<OpenedHistory> {
  for (let seconds = WAITS.first;; seconds = Math.min(2 * seconds, WAITS.last)) {
    const answer = yield* ask(command);
    if (answer.t === "history") return answer;
    if (seconds === WAITS.first) {
      const text = `${refusalOf(answer)} What was missed is asked for again.`;
      yield* show({ type: "refused", text });
    }
    const after = answer.t === "error" ? answer.after ?? 0 : 0;
    yield { type: "rest", seconds: Math.max(seconds, after) };
  }
}
