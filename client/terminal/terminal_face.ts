/**
 * The face for a terminal: a prompt that names the current conversation, below what was said.
 *
 * What comes in is written above the prompt, so nothing that is being typed is broken. A line of one's
 * own is taken away at Enter and comes back as the message that the server has stored.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { displayNotice } from "../display.ts";
import type { Face } from "../face.ts";
import { InputText } from "../input_text.ts";
import { plainText } from "../plain.ts";
import type { Conversation, Shown } from "../shown.ts";
import type { Streams } from "../streams.ts";
import { LineEditor } from "./line_editor.ts";
import { ERASE_ROW, promptRow } from "./prompt_row.ts";

/** Lines that may be typed before anybody asks for them; beyond, keys wait in the terminal. */
const MAX_TYPED_AHEAD = 100;

interface Reading {
  readonly prompt: () => string;
  readonly isHidden: boolean;
  readonly give: (line: string | null) => void;
}

/** What a terminal face needs beside streams. */
export interface TerminalFaceOptions {
  /** Called at Ctrl-C while nothing is asked. */
  readonly interrupted: () => void;
}

/** A prompt below what was said. */
export class TerminalFace implements Face {
  readonly input = "person";
  readonly missed = 200;
  readonly #streams: Streams;
  readonly #options: TerminalFaceOptions;
  readonly #typedAhead: (string | null)[] = [];
  readonly #interrupted: { readonly reading: Reading; readonly editor: LineEditor }[] = [];
  #editor = new LineEditor();
  #work: Promise<unknown> = Promise.resolve();
  #reading: Reading | null = null;
  #room: PromiseWithResolvers<void> | null = null;
  #isPumping = false;
  #isClosed = false;
  #me = "";
  #current: Conversation = { kind: "lobby" };

  /**
   * Makes the face; the terminal is not touched yet.
   *
   * @param streams A terminal.
   * @param options What to do at Ctrl-C.
   */
  constructor(streams: Streams, options: TerminalFaceOptions) {
    this.#streams = streams;
    this.#options = options;
  }

  /** Writes above the prompt; which conversation was chosen is in the prompt. */
  async show(shown: Shown): Promise<void> {
    if (shown.type === "chosen") {
      return shown.isFallback === true ? await this.notice(plainText(shown, this.#me)) : undefined;
    }
    await this.#above("out", plainText(shown, this.#me));
  }

  /** Writes above the prompt, to standard error. */
  async notice(text: string): Promise<void> {
    await this.#above("err", displayNotice(text)).catch(() => {});
  }

  /** Says whose messages it shows. */
  loggedIn(user: string): void {
    this.#me = user;
  }

  /** Shows the conversation in the prompt. */
  current(conversation: Conversation): void {
    if (conversation === this.#current) return;
    this.#current = conversation;
    this.#redraw();
  }

  /** Asks; question and answer stay to be read. */
  async ask(question: string): Promise<string | null> {
    const answer = await this.#read({ prompt: () => question, isHidden: false });
    await this.#above("out", `${question}${answer ?? ""}`);
    return answer;
  }

  /** Asks; nothing of the answer is shown. */
  async askHidden(question: string): Promise<string | null> {
    const answer = await this.#read({ prompt: () => question, isHidden: true });
    await this.#above("out", question);
    return answer;
  }

  /** The next line; it disappears, for what becomes of it is shown in its place. */
  async line(): Promise<string | null> {
    return await this.#read({ prompt: () => `${promptOf(this.#current)}> `, isHidden: false });
  }

  /** Forgets the lines typed ahead, and what is being typed. */
  discardTyped(): void {
    this.#typedAhead.length = 0;
    this.#room?.resolve();
    this.#editor = new LineEditor();
    this.#redraw();
  }

  /** Erases the prompt and gives the terminal back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isPumping) this.#write(() => this.#streams.write("out", ERASE_ROW)).catch(() => {});
    this.#streams.setMode("lines");
    await this.#work;
  }

  async #read(reading: Omit<Reading, "give">): Promise<string | null> {
    this.#pump();
    const next = this.#typedAhead.shift();
    if (next !== undefined) {
      this.#room?.resolve();
      return next;
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    if (this.#reading !== null) {
      // A question that cannot wait; what is being typed goes on when it is answered.
      this.#interrupted.push({ reading: this.#reading, editor: this.#editor });
      this.#editor = new LineEditor();
    }
    this.#reading = { ...reading, give: resolve };
    this.#redraw();
    return await promise;
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#streams.setMode("keys");
    void this.#run();
  }

  async #run(): Promise<void> {
    const input = new InputText(() => this.#streams.read());
    while (!this.#isClosed) {
      // A terminal that is gone reads like one that has ended.
      const piece = await input.piece().catch(() => null);
      if (piece === null) return this.#giveUp();
      const edited = this.#editor.feed(piece);
      if (edited === null) {
        this.#redraw();
        continue;
      }
      input.putBack(edited.rest);
      this.#give(edited.type === "line" ? edited.text : null);
      if (this.#typedAhead.length < MAX_TYPED_AHEAD) continue;
      this.#room = Promise.withResolvers();
      await this.#room.promise;
      this.#room = null;
    }
  }

  #giveUp(): void {
    do this.#give(null); while (this.#reading !== null);
  }

  #give(line: string | null): void {
    const reading = this.#reading;
    const interrupted = this.#interrupted.pop();
    this.#reading = interrupted?.reading ?? null;
    this.#editor = interrupted?.editor ?? this.#editor;
    if (reading !== null) {
      this.#redraw();
      reading.give(line);
    } else if (line === null) {
      this.#options.interrupted();
    } else {
      this.#typedAhead.push(line);
    }
  }

  #redraw(): void {
    this.#write(() => this.#streams.write("out", ERASE_ROW + this.#row())).catch(() => {});
  }

  #row(): string {
    const reading = this.#reading;
    if (reading === null || this.#isClosed) return "";
    const text = reading.isHidden ? null : this.#editor.text;
    return promptRow(reading.prompt(), text, this.#streams.columns());
  }

  #above(stream: "out" | "err", text: string): Promise<void> {
    // Raw mode may have turned off what makes a carriage return of a line feed.
    const lines = `${text.replaceAll("\n", "\r\n")}\r\n`;
    return this.#write(async () => {
      if (stream === "out") {
        return await this.#streams.write("out", ERASE_ROW + lines + this.#row());
      }
      await this.#streams.write("out", ERASE_ROW);
      await this.#streams.write("err", lines);
      await this.#streams.write("out", this.#row());
    });
  }

  #write(write: () => Promise<void>): Promise<void> {
    const written = this.#work.then(write);
    this.#work = written.catch(() => {});
    return written;
  }
}

function promptOf(conversation: Conversation): string {
  return conversation.kind === "lobby" ? "lobby" : conversation.name;
}
