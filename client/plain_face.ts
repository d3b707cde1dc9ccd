/**
 * The plain face: a stream of whole lines, without cursor movement and colour, for pipes, logs,
 * `expect` and screen readers.
 *
 * Questions and notices go to standard error. A password is typed unseen where there is a terminal;
 * from a pipe it is the next line.
 * Source: PRODUCT §3, §5.
 *
 * @module
 */

import { displayNotice } from "./display.ts";
import type { Face, FaceListener } from "./face.ts";
import { InputText } from "./input_text.ts";
import { plainText } from "./plain.ts";
import type { Conversation, Shown } from "./shown.ts";
import type { Stream, Streams } from "./streams.ts";
import { LineEditor } from "./terminal/line_editor.ts";

/** The face of PRODUCT §5 for everything that is no live terminal. */
export class PlainFace implements Face {
  readonly missed = "all";
  readonly #streams: Streams;
  readonly #input: InputText;
  #work: Promise<unknown> = Promise.resolve();
  #isReading = false;
  #listener: FaceListener | null = null;
  #me = "";

  /**
   * Makes the face; the streams are not touched yet.
   *
   * @param streams What it reads and writes.
   */
  constructor(streams: Streams) {
    this.#streams = streams;
    this.#input = new InputText(() => streams.read());
  }

  /** A pipe answers no questions. */
  get input(): "person" | "pipe" {
    return this.#streams.isTyped ? "person" : "pipe";
  }

  /** Writes to standard output; that another conversation is current is a notice. */
  async show(shown: Shown): Promise<void> {
    const text = plainText(shown, this.#me);
    if (shown.type === "chosen") await this.notice(text);
    else await this.#write("out", text);
  }

  /** Writes to standard error. */
  async notice(text: string): Promise<void> {
    await this.#write("err", displayNotice(text)).catch(() => {});
  }

  /** Says whose messages it shows. */
  loggedIn(user: string): void {
    this.#me = user;
  }

  /** There is no prompt that could show it. */
  current(_conversation: Conversation): void {}

  /** Asks on standard error, or takes the next line of a pipe. */
  async ask(question: string): Promise<string | null> {
    if (this.input === "person") await this.notice(question.trimEnd());
    return await this.line();
  }

  /** As `ask`, unseen. */
  async askHidden(question: string): Promise<string | null> {
    if (this.input === "pipe") return await this.line();
    await this.notice(question.trimEnd());
    this.#streams.setMode("keys");
    try {
      return await this.#hiddenLine();
    } finally {
      this.#streams.setMode("lines");
    }
  }

  /** The next line, without a carriage return at its end. */
  async line(): Promise<string | null> {
    this.#isReading = true;
    try {
      const line = await this.#input.line();
      return line === null ? null : line.replace(/\r$/, "");
    } finally {
      this.#isReading = false;
    }
  }

  /** Tells somebody of Ctrl-C. */
  listen(listener: FaceListener): void {
    this.#listener = listener;
  }

  /** The terminal has made a signal of Ctrl-C: stops what takes long, if anything does. */
  interrupted(): boolean {
    return this.input === "person" && this.#listener?.interrupted() === true;
  }

  /** Forgets what was read and not used; not what still waits in the terminal, nor a pipe's lines. */
  discardTyped(): void {
    if (this.input === "person") this.#input.discard();
  }

  /** Gives the terminal back. */
  async close(): Promise<void> {
    this.#streams.setMode("lines");
    await this.#work.catch(() => {});
  }

  async #hiddenLine(): Promise<string | null> {
    const editor = new LineEditor();
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const take = (piece: string | null): string | null => {
      const done = piece === null ? null : editor.feed(piece);
      if (done === null && piece !== null) return null;
      resolve(done?.type === "line" ? done.text : null);
      return done?.rest ?? null;
    };
    // While a line is being read, only that read brings pieces.
    if (this.#isReading) this.#input.divert(take);
    else await this.#readPieces(take);
    return await promise;
  }

  async #readPieces(take: (piece: string | null) => string | null): Promise<void> {
    while (true) {
      const piece = await this.#input.piece();
      const rest = take(piece);
      if (rest !== null) return this.#input.putBack(rest);
      if (piece === null) return;
    }
  }

  /** One after the other: a text that is written in parts must not be mixed with another. */
  #write(stream: Stream, text: string): Promise<void> {
    const written = this.#work.then(() => this.#streams.write(stream, `${text}\n`));
    this.#work = written.catch(() => {});
    return written;
  }
}
