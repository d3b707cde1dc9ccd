/**
 * Days and times of day as the user's clock on the wall shows them.
 *
 * @module
 */

import type { Settings } from "../settings.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/**
 * Names a day.
 *
 * @param at Milliseconds since 1970.
 * @returns `Thursday, 26 November 2026`; `null` for what is no date of the years 0–9999.
 */
export function dayText(at: number): string | null {
  const date = new Date(at);
  const year = date.getFullYear();
  if (!(year >= 0 && year <= 9_999)) return null;
  return `${DAYS[date.getDay()]}, ${date.getDate()} ${MONTHS[date.getMonth()]} ${year}`;
}

/**
 * Writes a time of day.
 *
 * @param at Milliseconds since 1970; what is no date becomes question marks.
 * @param format The setting.
 * @returns `18:03`, `18:03:59` or nothing.
 */
export function clockText(at: number, format: Settings["time"]): string {
  if (format === "off") return "";
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => dayText(at) === null ? "??" : String(part).padStart(2, "0"));
  return (format === "HH:MM" ? parts.slice(0, 2) : parts).join(":");
}
