/**
 * `@search`: the messages that hold all of some words, newest first, through the whole history.
 *
 * Pages of the ordinary history are asked for, from the newest to the first message; they come opened, so
 * the server sees neither words nor texts. Of each page only what is found is kept, and only until it is
 * shown. A search stops where it is given up, or where a page is refused.
 * Source: PRODUCT §5; docs/PROTOCOL.md, "history".
 *
 * @module
 */

import { ascending } from "./history.ts";
import type { OpenedEntry, OpenedMessage } from "./opened.ts";
import { fetch, MAX_PAGES, type Request, show } from "./request.ts";
import type { Shown } from "./shown.ts";

/** Entries asked for at once; the server's page may be smaller. */
const PAGE = 200;

/** Words that are looked for; what is typed behind them is not looked at. */
const MOST_WORDS = 16;

/** Pages at the most; a faulty server may never say that the history ends. */
const MOST_PAGES = MAX_PAGES * MAX_PAGES;

/**
 * Brings a text into the form in which words are looked for: composed (NFC), case taken away.
 *
 * @param text Any text.
 */
export function folded(text: string): string {
  // To upper case first: ß and SS are the same then, and both forms of sigma.
  return text.normalize("NFC").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/**
 * Reads what is to be looked for.
 *
 * @param text Words with blanks between them.
 * @returns The words, folded, each once; none where the text has none.
 */
export function searchWords(text: string): readonly string[] {
  const words = folded(text).split(/\s+/u).filter((word) => word !== "");
  return [...new Set(words)].slice(0, MOST_WORDS);
}

/**
 * Says whether a message holds all words, each in its text or in the name of its sender, of its receiver
 * or of its group.
 *
 * @param message The message, opened.
 * @param words As {@linkcode searchWords} gives them.
 */
export function holdsAll(
  { kind, from, to, body }: Pick<OpenedMessage, "kind" | "from" | "to" | "body">,
  words: readonly string[],
): boolean {
  // Between them stands what no word can hold.
  const text = folded([from, ...(kind === "lobby" ? [] : [to]), body].join("\n"));
  return words.every((word) => text.includes(word));
}

/** What a search is for, and what it passes over. */
export interface SearchOptions {
  /** As {@linkcode searchWords} gives them. */
  readonly words: readonly string[];
  /** Whether an entry is not to be shown, whatever it holds. */
  readonly hides: (entry: OpenedEntry) => boolean;
}

/** One search, which can be given up. */
export class Search {
  readonly #options: SearchOptions;
  #count = 0;
  #unreadable = 0;

  /**
   * Makes a search that has not begun.
   *
   * @param options What it is for.
   */
  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Searches to the beginning of the history. */
  *run(): Request {
    const { words } = this.#options;
    yield* show({ type: "search", words });
    let upto = Number.MAX_SAFE_INTEGER;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = yield* fetch({ t: "history", upto, limit: PAGE }, "history");
      if (answer === null) break;
      const entries = ascending(answer.entries, { after: 0, upto });
      for (const entry of entries.toReversed()) {
        if (this.#finds(entry)) yield* show({ type: "past", entry });
      }
      const first = entries[0];
      if (!answer.more) {
        yield* show(this.#end("beginning"));
        return "done";
      }
      if (first === undefined) break;
      upto = first.id - 1;
    }
    yield* show(this.stopped());
    return "done";
  }

  /** What is said where it did not reach the beginning. */
  stopped(): Shown {
    return this.#end("stopped");
  }

  #end(at: "beginning" | "stopped"): Shown {
    return { type: "found", count: this.#count, unreadable: this.#unreadable, at };
  }

  #finds(entry: OpenedEntry): boolean {
    const { words, hides } = this.#options;
    if (entry.t === "damaged") this.#unreadable++;
    if (entry.t !== "message" || hides(entry) || !holdsAll(entry, words)) return false;
    this.#count++;
    return true;
  }
}
