/**
 * Times as the user's clock on the wall shows them.
 *
 * @module
 */

/**
 * Writes a time as the user's clock on the wall shows it.
 *
 * @param at Milliseconds since 1970; what is no date of the years 0–9999 becomes question marks.
 * @returns `2026-11-22 18:03`.
 */
export function localMinute(at: number): string {
  const date = new Date(at);
  const year = date.getFullYear();
  if (!(year >= 0 && year <= 9_999)) return "????-??-?? ??:??";
  const [y, ...rest] = [
    year,
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
  ];
  const [month, day, hour, minute] = rest.map((part) => String(part).padStart(2, "0"));
  return `${String(y).padStart(4, "0")}-${month}-${day} ${hour}:${minute}`;
}
