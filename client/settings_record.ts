/**
 * The settings as they lie on the disk: one JSON object.
 *
 * ```json
 * { "bell": "all", "joins": "off", "ignored": { "6laH1jpFHMKNWWpGvA4": ["dave"] } }
 * ```
 *
 * What is left out is as it was at first. `ignored` has a list for each server, under its realm in
 * base64url. What this version does not know stays in the file as it is.
 * Source: PRODUCT §5.
 *
 * @module
 */

import * as v from "valibot";
import { canonicalName } from "../protocol/name.ts";
import { MOST_IGNORED } from "./ignore.ts";
import { DEFAULT_SETTINGS, SETTINGS, type Settings } from "./settings.ts";

const name = v.pipe(v.string(), v.check((text) => canonicalName(text) === text, "no name"));

// To valibot, a list is an object as well.
const noList = v.pipe(v.unknown(), v.check((value) => !Array.isArray(value), "a list"));

const ignored = v.record(v.string(), v.pipe(v.array(name), v.maxLength(MOST_IGNORED)));

const settingsRecord = v.pipe(
  noList,
  v.looseObject({
    bell: v.optional(v.picklist(SETTINGS.bell.values)),
    colours: v.optional(v.picklist(SETTINGS.colours.values)),
    time: v.optional(v.picklist(SETTINGS.time.values)),
    joins: v.optional(v.picklist(SETTINGS.joins.values)),
    hints: v.optional(v.picklist(SETTINGS.hints.values)),
    ignored: v.optional(v.pipe(noList, ignored)),
  }),
);

/** What is on the disk. */
export type SettingsRecord = Readonly<v.InferOutput<typeof settingsRecord>>;

/** A record, or a sentence about why it is none. */
export type ReadRecord =
  | { readonly type: "record"; readonly record: SettingsRecord }
  | { readonly type: "broken"; readonly reason: string };

/**
 * Reads what was written.
 *
 * @param text The content of the file.
 * @returns The record; where it is broken, a reason that begins with a lower-case letter.
 */
export function readRecord(text: string): ReadRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "broken", reason: "it is not JSON" };
  }
  const read = v.safeParse(settingsRecord, value);
  if (read.success) return { type: "record", record: read.output };
  const path = v.getDotPath(read.issues[0]);
  const about = path === null ? "" : ` at "${path.slice(0, 60).toWellFormed()}"`;
  return { type: "broken", reason: `it does not hold settings${about}` };
}

/**
 * Writes a record.
 *
 * @param record What is to be kept.
 * @returns The content of the file.
 */
export function writeRecord(record: SettingsRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * Takes the settings out of a record.
 *
 * @param record As it was read.
 */
export function settingsOf(record: SettingsRecord): Settings {
  return {
    bell: record.bell ?? DEFAULT_SETTINGS.bell,
    colours: record.colours ?? DEFAULT_SETTINGS.colours,
    time: record.time ?? DEFAULT_SETTINGS.time,
    joins: record.joins ?? DEFAULT_SETTINGS.joins,
    hints: record.hints ?? DEFAULT_SETTINGS.hints,
  };
}
