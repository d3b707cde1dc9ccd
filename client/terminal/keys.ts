/**
 * What a terminal sends, as keys: text, pastes, and keys with names.
 *
 * | octets | key |
 * |---|---|
 * | `ESC [ … final` (CSI), `ESC O x` (SS3), `ESC [ n ~`, `ESC [ n ; m u` | a named key, with modifiers |
 * | `ESC x` | Alt and that key; Escape pressed before a key means the same |
 * | `ESC [ 200 ~ … ESC [ 201 ~` | one paste |
 * | C0 | Enter, Tab, Backspace, or Ctrl and a letter |
 *
 * A sequence may come in any number of pieces. What is none of these is dropped, whatever it is; no
 * sequence makes what follows it disappear. It draws nothing and knows no meaning of a key.
 * Source: ECMA-48 §5.4; xterm, "Control Sequences"; kitty, "Comprehensive keyboard handling".
 *
 * @module
 */

import { keyOfControl, keyOfCsi, keyOfSs3, withAlt } from "./key_names.ts";

/** One key, a run of text, or a paste. */
export type Key =
  /** Printable characters, at least one. */
  | { readonly type: "text"; readonly text: string }
  /** What was pasted; line breaks are line feeds, and no other control character is left but tabs. */
  | { readonly type: "paste"; readonly text: string }
  /** `Enter`, `Up`, `C-a`, `M-b`, `C-Left`: Ctrl, Alt, Shift in this order before the name. */
  | { readonly type: "key"; readonly name: string };

/** UTF-16 units that are kept of one paste. */
export const LONGEST_PASTE = 1_048_576;

/** Characters of a sequence; a longer one is none. */
const LONGEST_SEQUENCE = 64;

const PASTE_END = "\x1b[201~";

type State = "ground" | "escape" | "csi" | "linux" | "ss3" | "paste";

/** Reads keys out of text that comes in pieces. */
export class KeyReader {
  #state: State = "ground";
  #sequence = "";
  #hasAlt = false;
  #afterReturn = false;
  #keys: Key[] = [];
  #text = "";

  /**
   * Reads a piece.
   *
   * @param piece Some characters.
   * @returns The keys that are complete.
   */
  feed(piece: string): readonly Key[] {
    this.#keys = [];
    let at = 0;
    while (at < piece.length) {
      if (this.#state === "paste") {
        at += this.#paste(piece.slice(at));
        continue;
      }
      const character = String.fromCodePoint(piece.codePointAt(at) ?? 0);
      at += character.length;
      this.#take(character);
    }
    this.#endText();
    return this.#keys;
  }

  #take(character: string): void {
    switch (this.#state) {
      case "ground":
        return this.#ground(character);
      case "escape":
        return this.#escape(character);
      case "csi":
        return this.#csi(character);
      case "ss3":
        return this.#ss3(character);
      case "linux":
        // ESC [ [ A to E: function keys of the Linux console.
        this.#reset();
        return this.#name(null);
    }
  }

  #ground(character: string): void {
    const isSecondHalf = this.#afterReturn && character === "\n";
    this.#afterReturn = character === "\r";
    if (isSecondHalf) return;
    if (character === "\x1b") this.#state = "escape";
    else if (!isControl(character)) this.#text += character;
    else this.#name(keyOfControl(character));
  }

  #escape(character: string): void {
    if (character === "\x1b") {
      // Alt and a cursor key, as some terminals send it; or Escape twice.
      this.#hasAlt = true;
    } else if (character === "[" || character === "O") {
      this.#state = character === "[" ? "csi" : "ss3";
    } else {
      this.#reset();
      this.#hasAlt = true;
      this.#afterReturn = character === "\r";
      this.#name(isControl(character) ? keyOfControl(character) : character);
    }
  }

  #ss3(character: string): void {
    if (!isFinal(character)) return this.#abandon(character);
    this.#reset();
    this.#name(keyOfSs3(character));
  }

  #csi(character: string): void {
    if (this.#sequence === "" && character === "[") {
      this.#state = "linux";
    } else if (/^[\x20-\x3f]$/.test(character) && this.#sequence.length < LONGEST_SEQUENCE) {
      this.#sequence += character;
    } else if (!isFinal(character)) {
      this.#abandon(character);
    } else if (character === "~" && this.#sequence === "200") {
      this.#endText();
      this.#reset();
      this.#hasAlt = false;
      this.#state = "paste";
    } else {
      const sequence = this.#sequence;
      this.#reset();
      this.#name(keyOfCsi(sequence, character));
    }
  }

  /** Whatever the sequence was, it is over; the character may be a key of its own. */
  #abandon(character: string): void {
    this.#reset();
    this.#hasAlt = false;
    this.#ground(character);
  }

  /** Returns how much of the piece belonged to the paste. */
  #paste(piece: string): number {
    const kept = this.#sequence.length;
    const all = this.#sequence + piece;
    const end = all.indexOf(PASTE_END, Math.max(0, kept - PASTE_END.length));
    if (end === -1) {
      // The end of what is kept may be the beginning of the end.
      const tail = all.slice(-PASTE_END.length);
      this.#sequence = all.length > LONGEST_PASTE ? all.slice(0, LONGEST_PASTE) + tail : all;
      return piece.length;
    }
    this.#reset();
    const text = pasted(all.slice(0, Math.min(end, LONGEST_PASTE)));
    if (text !== "") this.#keys.push({ type: "paste", text });
    return end + PASTE_END.length - kept;
  }

  /** A name of several letters is a key's own, one of a single letter is what was typed. */
  #name(name: string | null): void {
    const hasAlt = this.#hasAlt;
    this.#hasAlt = false;
    if (name === null) return;
    const key = hasAlt ? withAlt(name) : name;
    if ([...key].length === 1) {
      this.#text += key;
    } else {
      this.#endText();
      this.#keys.push({ type: "key", name: key });
    }
  }

  #endText(): void {
    if (this.#text !== "") this.#keys.push({ type: "text", text: this.#text });
    this.#text = "";
  }

  #reset(): void {
    this.#state = "ground";
    this.#sequence = "";
  }
}

function isControl(character: string): boolean {
  return /^\p{Cc}$/u.test(character);
}

function isFinal(character: string): boolean {
  return /^[\x40-\x7e]$/.test(character);
}

function pasted(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
