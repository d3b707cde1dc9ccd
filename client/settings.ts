/**
 * What a user may set: names, values, and what they begin with.
 *
 * Where they are kept is `settings_file.ts`; a face asks {@linkcode SessionSettings} and never a file.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { closestName } from "../protocol/name.ts";

interface Setting {
  readonly values: readonly [string, ...string[]];
  readonly initial: string;
  readonly about: string;
}

/** All settings: their values, the one they begin with, and what they are about. */
export const SETTINGS = {
  bell: {
    values: ["off", "dm", "mention", "all"],
    initial: "mention",
    about: "for which messages the terminal rings",
  },
  colours: { values: ["on", "off"], initial: "on", about: "a colour for each person" },
  time: { values: ["HH:MM", "HH:MM:SS", "off"], initial: "HH:MM", about: "before each message" },
  joins: { values: ["on", "off"], initial: "on", about: "lines about who comes and goes" },
  hints: { values: ["on", "off"], initial: "on", about: "what a command takes, above the input" },
} as const satisfies { readonly [name: string]: Setting };

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** A value for every setting. */
export type Settings = {
  readonly [N in SettingName]: typeof SETTINGS[N]["values"][number];
};

/** The names of all settings, in the order of `@set`. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** What everything begins with. */
export const DEFAULT_SETTINGS: Settings = {
  bell: SETTINGS.bell.initial,
  colours: SETTINGS.colours.initial,
  time: SETTINGS.time.initial,
  joins: SETTINGS.joins.initial,
  hints: SETTINGS.hints.initial,
};

/** What a session reads and changes of the settings, on one server. */
export interface SessionSettings {
  /** The present values. */
  readonly current: Settings;
  /** Sets some, at once and for the runs to come. */
  change(change: Partial<Settings>): void;
  /** Canonical names of people whose messages are not shown. */
  readonly ignored: ReadonlySet<string>;
  /** Ignores somebody; `heed` ends it. */
  ignore(name: string): void;
  /** Shows the messages of somebody again. */
  heed(name: string): void;
}

/**
 * Makes settings that are forgotten at the end of the run.
 *
 * @param begin What differs from the defaults.
 */
export function settingsInMemory(begin: Partial<Settings> = {}): SessionSettings {
  let current: Settings = { ...DEFAULT_SETTINGS, ...begin };
  const ignored = new Set<string>();
  return {
    get current() {
      return current;
    },
    ignored,
    change: (change) => current = { ...current, ...change },
    ignore: (name) => ignored.add(name),
    heed: (name) => ignored.delete(name),
  };
}

/** What `@set` was given, read. */
export type SettingChoice =
  | { readonly type: "chosen"; readonly name: SettingName; readonly change: Partial<Settings> }
  | { readonly type: "refused"; readonly text: string };

/**
 * Finds a setting by the name that was typed.
 *
 * @param typed In any case; `colors` is understood.
 * @returns Its name, or `null`.
 */
export function findSetting(typed: string): SettingName | null {
  const lower = typed.toLowerCase();
  const name = lower === "colors" ? "colours" : lower;
  return SETTING_NAMES.find((known) => known === name) ?? null;
}

/**
 * Reads a value for a setting.
 *
 * @param name Which setting.
 * @param typed The value, in any case.
 * @returns The change, or a sentence that lists the values.
 */
export function readSetting(name: SettingName, typed: string): SettingChoice {
  const { values } = SETTINGS[name];
  const value = values.find((known) => known.toLowerCase() === typed.toLowerCase());
  if (value !== undefined) return { type: "chosen", name, change: { [name]: value } };
  return {
    type: "refused",
    text: `${name} can be ${orList(values)}. Example: @set ${name} ${values[0]}`,
  };
}

/**
 * Says that there is no such setting, and which there are.
 *
 * @param typed What was typed; cut when long.
 */
export function unknownSetting(typed: string): string {
  const cut = typed.length > 40 ? `${typed.slice(0, 40).toWellFormed()}…` : typed;
  const closest = closestName(typed.slice(0, 64).toLowerCase(), SETTING_NAMES);
  const meant = closest === null ? "" : ` Did you mean ${closest}?`;
  return `There is no setting ${cut}, only ${SETTING_NAMES.join(", ")}.${meant}`;
}

/**
 * Writes a setting as `@set` shows it.
 *
 * @param name Which.
 * @param settings The present values.
 * @returns `bell mention: for which messages the terminal rings (off, dm, mention, all)`.
 */
export function settingLine(name: SettingName, settings: Settings): string {
  const { about, values } = SETTINGS[name];
  return `${name} ${settings[name]}: ${about} (${values.join(", ")})`;
}

function orList(values: readonly string[]): string {
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
