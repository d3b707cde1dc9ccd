/**
 * The settings of a run: read once, changed in memory at once, and kept on disk one change after the other.
 *
 * Where the file cannot be used, it is said, once at the start and at each change that is not kept; the
 * settings hold for the run then.
 * Source: PRODUCT §5.
 *
 * @module
 */

import type { SessionSettings, Settings } from "./settings.ts";
import { type SettingsFile, SettingsTrouble } from "./settings_file.ts";
import { settingsOf, type SettingsRecord } from "./settings_record.ts";

/** What settings need. */
export interface SettingsBookOptions {
  /** Where they are kept; `null` where there is no place. */
  readonly file: Pick<SettingsFile, "read" | "change"> | null;
  /** Told what cannot be read or kept. */
  readonly tell: (text: string) => void;
  /** Told of the settings when they have changed. */
  readonly changed: (settings: Settings) => void;
}

type Change = (record: SettingsRecord) => SettingsRecord;

/** The settings of a run. */
export class SettingsBook {
  readonly #options: SettingsBookOptions;
  #record: SettingsRecord;
  #work: Promise<void> = Promise.resolve();

  private constructor(options: SettingsBookOptions, record: SettingsRecord) {
    this.#options = options;
    this.#record = record;
  }

  /**
   * Reads the settings.
   *
   * @param options Where they are, and who is told.
   */
  static async open(options: SettingsBookOptions): Promise<SettingsBook> {
    const { file, tell } = options;
    try {
      return new SettingsBook(options, await file?.read() ?? {});
    } catch (error) {
      if (!(error instanceof SettingsTrouble)) throw error;
      tell(`${error.message} Everything is set as at first until then.`);
      return new SettingsBook(options, {});
    }
  }

  /** The present values. */
  get current(): Settings {
    return settingsOf(this.#record);
  }

  /** Resolves when every change is on the disk, or has been said not to be. */
  get kept(): Promise<void> {
    return this.#work;
  }

  /**
   * Gives what a session needs.
   *
   * @param realm The realm of the server, in base64url: people are ignored on one server.
   */
  at(realm: string): SessionSettings {
    const ignored = new Set(ignoredIn(this.#record, realm));
    const book = (): Settings => this.current;
    return {
      get current() {
        return book();
      },
      change: (change) => this.#set(change),
      ignored,
      ignore: (name) => {
        ignored.add(name);
        this.#change((record) => withIgnored(record, realm, (names) => names.add(name)));
      },
      heed: (name) => {
        ignored.delete(name);
        this.#change((record) => withIgnored(record, realm, (names) => names.delete(name)));
      },
    };
  }

  #set(change: Partial<Settings>): void {
    this.#change((record) => ({ ...record, ...change }));
    this.#options.changed(this.current);
  }

  #change(change: Change): void {
    const { file, tell } = this.#options;
    this.#record = change(this.#record);
    this.#work = this.#work.then(async () => {
      try {
        await file?.change(change);
      } catch (error) {
        if (!(error instanceof SettingsTrouble)) throw error;
        tell(`${error.message} What you have set holds until the end of this run.`);
      }
    });
  }
}

function ignoredIn({ ignored = {} }: SettingsRecord, realm: string): readonly string[] {
  return Object.hasOwn(ignored, realm) ? ignored[realm] ?? [] : [];
}

/** Only what was asked for changes: another client may have written meanwhile. */
function withIgnored(
  record: SettingsRecord,
  realm: string,
  change: (names: Set<string>) => void,
): SettingsRecord {
  const names = new Set(ignoredIn(record, realm));
  change(names);
  return { ...record, ignored: { ...record.ignored, [realm]: [...names].sort() } };
}
