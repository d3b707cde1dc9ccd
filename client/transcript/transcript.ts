/**
 * What a terminal shows of a conversation: styled lines, with times, days, and where new things begin.
 *
 * The words are those of the plain face; the date that stands before each line of history there is a line
 * for each day here. Pure: it draws nothing.
 * Source: PRODUCT §3, §5.
 *
 * @module
 */

import { plainText } from "../plain.ts";
import type { Settings } from "../settings.ts";
import type { Shown } from "../shown.ts";
import { clockText, dayText } from "./clock_text.ts";
import { entrySpans, linesBefore, QUIET, type ShownEntry } from "./entry_spans.ts";
import { lineOf, linesOf, spanOf, type Style, type StyledLine } from "./styled_line.ts";

/** What a transcript needs. */
export interface TranscriptOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The setting; it may change. */
  readonly time: () => Settings["time"];
}

/** Turns what is shown into lines, one after the other. */
export class Transcript {
  readonly #options: TranscriptOptions;
  #me = "";
  #day: string | null;
  #isAway = false;

  /**
   * Makes a transcript that begins today.
   *
   * @param options Clock and setting.
   */
  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.#day = dayText(options.now());
  }

  /** Says whose messages it shows: the canonical name. */
  loggedIn(user: string): void {
    this.#me = user;
  }

  /** Nobody looks at the screen: before what comes next there is a line. Again before it does nothing. */
  away(): void {
    this.#isAway = true;
  }

  /** The user is back; where nothing has come meanwhile, there is no line. */
  returned(): void {
    this.#isAway = false;
  }

  /**
   * Turns something into lines.
   *
   * @param shown What.
   * @returns One or more lines; a new day comes before them.
   */
  lines(shown: Shown): StyledLine[] {
    switch (shown.type) {
      case "entry":
      case "past":
        return [...this.#news(shown), ...this.#dayLine(shown.entry.at), ...this.#entry(shown)];
      case "missed":
        this.#isAway = false;
        return [...olderLines(shown), lineOf(NEW_LINE, NEW)];
      case "joined":
      case "left": {
        const at = this.#options.now();
        const text = this.#clock(at) + plainText(shown, this.#me);
        return [...this.#dayLine(at), lineOf(text, QUIET)];
      }
      default:
        return plainText(shown, this.#me).split("\n").map((text) =>
          lineOf(text, LOOKS[shown.type])
        );
    }
  }

  #news({ type, entry }: ShownEntry): StyledLine[] {
    const isOwn = entry.t === "message" && entry.from === this.#me;
    if (!this.#isAway || type !== "entry" || isOwn) return [];
    this.#isAway = false;
    return [lineOf(NEW_LINE, NEW)];
  }

  #dayLine(at: number): StyledLine[] {
    const day = dayText(at);
    if (day === null || day === this.#day) return [];
    this.#day = day;
    return [lineOf(`--- ${day} ---`, QUIET)];
  }

  #entry(shown: ShownEntry): StyledLine[] {
    const time = this.#clock(shown.entry.at);
    return linesOf(entrySpans(shown, this.#me)).map((line, at) =>
      at === linesBefore(shown.entry) && time !== ""
        ? { spans: [spanOf(time, QUIET), ...line.spans] }
        : line
    );
  }

  #clock(at: number): string {
    const time = clockText(at, this.#options.time());
    return time === "" ? "" : `${time} `;
  }
}

const NEW_LINE = "--- new since you were here ---";

const NEW: Style = { bold: true };

/** How lines look that are neither entries nor comings and goings. */
const LOOKS: { readonly [T in Shown["type"]]?: Style } = {
  welcome: { bold: true },
  account_created: { bold: true },
  history: QUIET,
  search: QUIET,
  found: QUIET,
  now: QUIET,
  chosen: QUIET,
  refused: { bold: true, colour: 161 },
  keys: { bold: true },
  shutdown: { bold: true },
};

function olderLines({ count, older }: Extract<Shown, { readonly type: "missed" }>): StyledLine[] {
  if (older === 0) return [];
  const [all, some] = [count, count - older].map((number) => number.toLocaleString("en"));
  return [lineOf(`(the last ${some} of ${all} messages; those before: @history more)`, QUIET)];
}
