/**
 * Keys from the terminal to whom they are meant for: the dialogue, the terminal, the chat.
 *
 * | key | does |
 * |---|---|
 * | Tab | completes |
 * | Ctrl-C | stops what takes long, clears, leaves at the second time |
 * | Ctrl-L, Ctrl-Z | an empty screen; stops the process |
 * | Alt-1 … Alt-9 | to an unread conversation |
 *
 * What edits a text is in `editor.ts`.
 * Source: PRODUCT §5.
 *
 * @module
 */

import type { FaceListener } from "../face.ts";
import { InputText } from "../input_text.ts";
import type { Names } from "../known_names.ts";
import { complete } from "./completion.ts";
import type { Dialogue } from "./dialogue.ts";
import { type Key, KeyReader } from "./keys.ts";
import type { LiveView } from "./live_view.ts";

/** Whom keys are meant for. */
export interface KeyboardOptions {
  /** Reads some octets; `null` at the end. */
  readonly read: () => Promise<Uint8Array | null>;
  /** What is typed. */
  readonly dialogue: Dialogue;
  /** Where notes are shown. */
  readonly view: LiveView;
  /** Called when something may look different. */
  readonly changed: () => void;
  /** Called at Ctrl-C while nothing is asked. */
  readonly interrupted: () => void;
  /** Clears the screen. */
  readonly clear: () => void;
  /** Stops the process until it is continued. */
  readonly suspend: () => Promise<void>;
  /** Somebody looks at the terminal from now on, or nobody. */
  readonly watched: (by: "somebody" | "nobody") => void;
}

const TOO_LONG = "That is too much for one message; nothing was taken.";
const LEAVES = "Press Ctrl-C once more to leave.";

/** The keys of a terminal. */
export class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #keys = new KeyReader();
  /** Whom Ctrl-C stops. */
  listener: Pick<FaceListener, "interrupted"> | null = null;
  /** What Tab completes. */
  names: Names = { users: [], groups: [] };

  /**
   * Reads nothing yet.
   *
   * @param options Whom keys are meant for.
   */
  constructor(options: KeyboardOptions) {
    this.#options = options;
  }

  /**
   * Reads keys to their end. Never rejects.
   *
   * @param isOver Whether no more are wanted.
   */
  async run(isOver: () => boolean): Promise<void> {
    const { changed, dialogue, read } = this.#options;
    const input = new InputText(read);
    while (!isOver()) {
      // A terminal that is gone reads like one that has ended.
      const piece = await input.piece().catch(() => null);
      if (piece === null) break;
      for (const key of this.#keys.feed(piece)) {
        await this.#press(key);
        await dialogue.room;
      }
      changed();
    }
    dialogue.end();
    changed();
  }

  async #press(key: Key): Promise<void> {
    const { dialogue, interrupted, view, watched } = this.#options;
    const name = key.type === "key" ? key.name : null;
    watched(name === "FocusOut" ? "nobody" : "somebody");
    if (name === "FocusIn" || name === "FocusOut") return;
    view.note = null;
    if (name === "C-c" && dialogue.line !== null && this.listener?.interrupted()) return;
    const pressed = dialogue.press(key);
    if (pressed.type === "interrupt") interrupted();
    else if (pressed.type === "warned") view.note = LEAVES;
    else if (pressed.type === "full") view.note = TOO_LONG;
    else if (pressed.type === "other") await this.#command(pressed.key);
  }

  async #command(key: string): Promise<void> {
    const { clear, dialogue, suspend } = this.#options;
    if (key === "Tab") this.#complete();
    else if (key === "C-l") clear();
    else if (key === "C-z") await suspend();
    else if (/^M-[1-9]$/.test(key)) dialogue.command(`@next ${key.slice(2)}`);
  }

  #complete(): void {
    const { dialogue, view } = this.#options;
    const editor = dialogue.line;
    if (editor === null) return;
    const { insert, from, choices } = complete(editor, this.names);
    if (insert !== null) editor.replace(from, insert);
    else if (choices.length > 0) view.note = choices.join("  ");
  }
}
