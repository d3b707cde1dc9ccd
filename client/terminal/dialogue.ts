/**
 * Who is being answered by what is typed: a question, a line of the chat, or nobody yet.
 *
 * A question that cannot wait interrupts a line; what was typed of the line goes on afterwards. Lines
 * typed before anybody asks are kept. A text that was refused comes back as soon as the input is empty.
 * It draws nothing and reads nothing.
 *
 * @module
 */

import { Editor } from "./editor.ts";
import type { InputHistory } from "./input_history.ts";
import type { Key } from "./keys.ts";

/** Lines that may be typed before anybody asks for them; beyond, keys wait in the terminal. */
const MAX_TYPED_AHEAD = 100;

/** What is asked for. */
export interface Wanted {
  /** A line of the chat, an answer, or one that nobody may see. */
  readonly kind: "line" | "answer" | "hidden";
  /** What stands before it; a line has the prompt of the conversation. */
  readonly question: string;
}

/** What a key has done. */
export type Pressed =
  | { readonly type: "done" }
  /** The text was too long for one more key or paste. */
  | { readonly type: "full" }
  /** Somebody wants to leave, and nobody asks for anything. */
  | { readonly type: "interrupt" }
  /** Ctrl-C, which leaves when it comes once more. */
  | { readonly type: "warned" }
  /** A key for somebody else. */
  | { readonly type: "other"; readonly key: string };

/** What is to be seen of it. */
export interface Typed {
  /** What is asked for. */
  readonly wanted: Wanted;
  /** What was typed; nothing where it must not be seen. */
  readonly text: string;
  /** Where the cursor is: a UTF-16 index. */
  readonly cursor: number;
}

interface Reading {
  readonly wanted: Wanted;
  readonly give: (line: string | null) => void;
}

const DONE: Pressed = { type: "done" };
const LINE: Wanted = { kind: "line", question: "" };

/** What is typed, and for whom. */
export class Dialogue {
  readonly #history: InputHistory;
  readonly #lines: Editor;
  readonly #typedAhead: string[] = [];
  readonly #interrupted: { readonly reading: Reading; readonly editor: Editor }[] = [];
  readonly #refused: string[] = [];
  #reading: Reading | null = null;
  #editor = new Editor();
  #hasLine = false;
  #isWarned = false;
  /** What was in the line when the last question was answered: what is behind it may be a password. */
  #draft = "";
  #room: PromiseWithResolvers<void> | null = null;

  /**
   * Makes a dialogue in which nobody asks.
   *
   * @param history What was typed before, for lines.
   */
  constructor(history: InputHistory) {
    this.#history = history;
    this.#lines = new Editor({ history });
  }

  /** What is to be seen, or `null` while nobody has asked. */
  get typed(): Typed | null {
    const { wanted } = this.#reading ?? { wanted: this.#hasLine ? LINE : null };
    if (wanted === null) return null;
    // What is typed ahead may be the answer to a hidden question.
    const isSeen = this.#reading !== null && wanted.kind !== "hidden";
    if (!isSeen) return { wanted, text: "", cursor: 0 };
    return { wanted, text: this.#editor.text, cursor: this.#editor.cursor };
  }

  /** The line that is being edited; `null` where it is an answer. */
  get line(): Editor | null {
    return this.#reading?.wanted.kind === "line" ? this.#editor : null;
  }

  /** Resolves when there is room for one more line. */
  get room(): Promise<void> | null {
    if (this.#typedAhead.length < MAX_TYPED_AHEAD) return null;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /**
   * Asks.
   *
   * @param wanted What for.
   * @returns What was typed; `null` when somebody wants to leave or no more can come.
   */
  async read(wanted: Wanted): Promise<string | null> {
    const isLine = wanted.kind === "line";
    if (isLine) this.#hasLine = true;
    const next = this.#typedAhead.shift();
    if (next !== undefined) {
      this.#openRoom();
      if (isLine) this.#history.add(next);
      return next;
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    if (this.#reading !== null) {
      this.#interrupted.push({ reading: this.#reading, editor: this.#editor });
      this.#editor = new Editor();
    }
    this.#reading = { wanted, give: resolve };
    this.#editAs(isLine ? this.#lines : new Editor());
    if (isLine) this.#offer();
    return await promise;
  }

  /** Gives one line, as if it had been typed, where a line is asked for; what is being typed stays. */
  command(line: string): void {
    if (this.#reading?.wanted.kind === "line") this.#give(line);
  }

  /** Does what a key does. */
  press(key: Key): Pressed {
    const isWarned = this.#isWarned;
    this.#isWarned = false;
    const edited = this.#editor.press(key);
    const isLine = this.#reading === null ? this.#hasLine : this.line !== null;
    const isStop = key.type === "key" && key.name === "C-c";
    this.#isWarned = isStop && isLine;
    switch (edited.type) {
      case "sent":
        this.#send(edited.text);
        return DONE;
      case "empty":
        if (isStop && isLine && !isWarned) return { type: "warned" };
        if (this.#reading === null) return { type: "interrupt" };
        this.#give(null);
        return DONE;
      case "changed":
        if (isStop) this.#offer();
        return DONE;
      default:
        return edited;
    }
  }

  /** Gives back a text that was refused, now or when the input is empty. */
  giveBack(text: string): void {
    this.#refused.push(text);
    this.#offer();
  }

  /** Forgets what nobody has asked for. */
  discard(): void {
    this.#typedAhead.length = 0;
    this.#openRoom();
    this.#editor.set(this.line === null ? "" : this.#draft);
  }

  /** No more can be typed. */
  end(): void {
    while (this.#reading !== null) this.#give(null);
  }

  /** What was typed ahead goes on in another editor. */
  #editAs(editor: Editor): void {
    if (this.#editor !== editor) editor.set(this.#editor.text);
    this.#editor = editor;
  }

  #send(text: string): void {
    this.#draft = "";
    if (this.#reading === null) {
      this.#typedAhead.push(text);
      return;
    }
    if (this.line !== null) this.#history.add(text);
    this.#give(text);
    this.#offer();
  }

  #give(line: string | null): void {
    const reading = this.#reading;
    if (reading === null) return;
    const interrupted = this.#interrupted.pop();
    this.#reading = interrupted?.reading ?? null;
    if (interrupted !== undefined) {
      this.#editor = interrupted.editor;
      this.#draft = this.#editor.text;
    }
    reading.give(line);
  }

  #offer(): void {
    if (this.line?.text === "") this.#editor.set(this.#refused.shift() ?? "");
  }

  #openRoom(): void {
    this.#room?.resolve();
    this.#room = null;
  }
}
