/**
 * Who is meant in a text: the user by name, or everybody by `@all`, `@everyone`, `@here`.
 *
 * A name counts with or without `@`, in any case, as a whole word: `al` is not meant by `also` nor by
 * `al.smith`, which is another name.
 * Source: PRODUCT §5.
 *
 * @module
 */

/** Part of a text, in UTF-16 units. */
export interface Place {
  /** Where it begins. */
  readonly from: number;
  /** Where what follows begins. */
  readonly to: number;
}

const EVERYBODY = String.raw`@(?:all|everyone|here)`;

/** Not within a longer word or name. */
const BEFORE = String.raw`(?<![\p{L}\p{N}_@]|[\p{L}\p{N}_][.\-])`;
const BEHIND = String.raw`(?![\p{L}\p{N}_]|[.\-]+[\p{L}\p{N}_])`;

let last: { readonly user: string; readonly pattern: RegExp } | null = null;

/**
 * Finds where a text means the user or everybody.
 *
 * @param text Any text.
 * @param user The canonical name of the user; an empty one is never meant.
 * @returns The places, ascending, apart from each other.
 */
export function mentionsIn(text: string, user: string): Place[] {
  return [...text.matchAll(patternOf(user))]
    .map(({ index, 0: found }) => ({ from: index, to: index + found.length }));
}

/**
 * Says whether a text means the user or everybody.
 *
 * @param text Any text.
 * @param user The canonical name of the user.
 */
export function mentions(text: string, user: string): boolean {
  return text.search(patternOf(user)) >= 0;
}

function patternOf(user: string): RegExp {
  // There is one user in a run: made once, not for each message.
  if (last?.user === user) return last.pattern;
  const words = user === "" ? EVERYBODY : `${EVERYBODY}|@?${RegExp.escape(user)}`;
  const pattern = new RegExp(`${BEFORE}(?:${words})${BEHIND}`, "giu");
  last = { user, pattern };
  return pattern;
}
