/**
 * The face for a terminal: a live block below what was said.
 *
 * What comes in goes into the terminal's own scrollback, above the block, so nothing that is being typed is
 * broken. A message of one's own waits in the block until the server has stored it, and then goes up in
 * its place.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { displayLine, displayNotice } from "../display.ts";
import type { Face, FaceListener, FaceStatus } from "../face.ts";
import type { Names } from "../known_names.ts";
import { plainText } from "../plain.ts";
import type { Settings } from "../settings.ts";
import type { Conversation, Shown } from "../shown.ts";
import type { TerminalStreams } from "../streams.ts";
import { toAnsi } from "../transcript/ansi.ts";
import { Transcript } from "../transcript/transcript.ts";
import { Attention } from "./attention.ts";
import { Countdown } from "./countdown.ts";
import { Dialogue, type Wanted } from "./dialogue.ts";
import { InputHistory } from "./input_history.ts";
import { Keyboard } from "./keyboard.ts";
import { LiveView } from "./live_view.ts";
import { Painter } from "./painter.ts";
import { rowStyle } from "./row_style.ts";
import type { Rewrapping } from "./screen.ts";
import { titleText } from "./status_row.ts";
import { Tenancy } from "./tenancy.ts";
import { BELL } from "./terminal_modes.ts";

/** What a terminal face needs beside streams. */
export interface TerminalFaceOptions {
  /** Called at Ctrl-C while nothing is asked. */
  readonly interrupted: () => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether the terminal may be sent colours and other looks. */
  readonly hasLooks: boolean;
  /** What it does with its rows when it gets narrower; it wraps them anew unless told. */
  readonly rewrapping?: Rewrapping | undefined;
}

/** A live block below what was said. */
export class TerminalFace implements Face {
  readonly input = "person";
  readonly missed = 200;
  readonly #options: TerminalFaceOptions;
  readonly #history = new InputHistory();
  readonly #dialogue = new Dialogue(this.#history);
  readonly #view = new LiveView();
  readonly #attention = new Attention();
  readonly #transcript: Transcript;
  readonly #painter: Painter;
  readonly #tenancy: Tenancy;
  readonly #keyboard: Keyboard;
  readonly #countdown: Countdown;
  #listener: FaceListener | null = null;
  #isAway = false;
  #me: string | null = null;

  /**
   * Makes the face; the terminal is not touched yet.
   *
   * @param streams A terminal.
   * @param options Clock, looks, and what to do at Ctrl-C.
   */
  constructor(streams: TerminalStreams, options: TerminalFaceOptions) {
    const { now, interrupted } = this.#options = options;
    this.#transcript = new Transcript({ now, time: () => this.#view.settings.time });
    this.#painter = new Painter({
      write: (stream, text) => streams.write(stream, text),
      size: () => streams.size(),
      rewrapping: options.rewrapping,
      block: (size) => this.#view.block(this.#dialogue.typed, { size, now: now() }),
      style: (row) => rowStyle(row, this.#looks),
    });
    const changed = () => this.#painter.refresh();
    this.#countdown = new Countdown(changed);
    this.#tenancy = new Tenancy(streams, this.#painter);
    this.#keyboard = new Keyboard({
      read: () => streams.read(),
      dialogue: this.#dialogue,
      view: this.#view,
      changed,
      interrupted,
      clear: () => this.#painter.clear(),
      suspend: () => this.#tenancy.suspend(),
      watched: (by) => this.#watched(by),
    });
  }

  /** Writes above the block; which conversation was chosen is in the prompt. */
  async show(shown: Shown): Promise<void> {
    const me = this.#me ?? "";
    if (shown.type === "chosen") {
      return shown.isFallback === true ? await this.notice(plainText(shown, me)) : undefined;
    }
    const attention = { me, now: this.#options.now(), bell: this.#view.settings.bell };
    if (this.#attention.wants(shown, attention)) this.#painter.send(BELL);
    if (shown.type === "refused" && shown.typed !== undefined) this.#dialogue.giveBack(shown.typed);
    const lines = this.#transcript.lines(shown).map((line) => toAnsi(line, this.#looks));
    await this.#painter.print("out", lines.join("\n"));
  }

  /** Writes above the block, to standard error. */
  async notice(text: string): Promise<void> {
    await this.#painter.print("err", displayNotice(text)).catch(() => {});
  }

  /** Says whose messages it shows. */
  loggedIn(user: string): void {
    this.#me = user;
    this.#transcript.loggedIn(user);
    this.#tenancy.entitle(titleText(this.#view.status.unread));
  }

  /** Shows the conversation in the prompt. */
  current(conversation: Conversation): void {
    if (conversation === this.#view.conversation) return;
    this.#view.conversation = conversation;
    this.#painter.refresh();
  }

  /** Shows connection, pending and unread messages in the block. */
  status(status: FaceStatus): void {
    this.#view.status = status;
    const { connection, unread } = status;
    const isCounting = connection.state === "off" && connection.nextTryAt !== null;
    this.#countdown.run(isCounting && !this.#tenancy.isClosed);
    if (this.#me !== null && !this.#tenancy.isClosed) this.#tenancy.entitle(titleText(unread));
    this.#painter.refresh();
  }

  /** Follows the settings. */
  configure(settings: Settings): void {
    this.#view.settings = settings;
    this.#painter.refresh();
  }

  /** Says which names Tab completes. */
  complete(names: Names): void {
    this.#keyboard.names = names;
  }

  /** Tells somebody of Ctrl-C, and whether anybody looks. */
  listen(listener: FaceListener): void {
    this.#listener = listener;
    this.#keyboard.listener = listener;
  }

  /** Gives it lines of earlier runs for the arrow up. */
  recall(lines: readonly string[], keep: (line: string) => void): void {
    this.#history.recall(lines, keep);
  }

  /** Asks; question and answer stay to be read. */
  async ask(question: string): Promise<string | null> {
    const answer = await this.#read({ kind: "answer", question });
    await this.#painter.print("out", `${question}${displayLine(answer ?? "")}`);
    return answer;
  }

  /** Asks; nothing of the answer is shown. */
  async askHidden(question: string): Promise<string | null> {
    const answer = await this.#read({ kind: "hidden", question });
    await this.#painter.print("out", question);
    return answer;
  }

  /** The next line; it disappears, for what becomes of it is shown in its place. */
  async line(): Promise<string | null> {
    return await this.#read({ kind: "line", question: "" });
  }

  /** Forgets what was typed and nobody has asked for. */
  discardTyped(): void {
    this.#dialogue.discard();
    this.#painter.refresh();
  }

  /** Takes the block away and gives the terminal back. */
  async close(): Promise<void> {
    this.#countdown.run(false);
    await this.#tenancy.close();
  }

  async #read(wanted: Wanted): Promise<string | null> {
    if (this.#tenancy.begin()) void this.#keyboard.run(() => this.#tenancy.isClosed);
    const line = this.#dialogue.read(wanted);
    this.#painter.refresh();
    return await line;
  }

  #watched(by: "somebody" | "nobody"): void {
    this.#attention.answered();
    const isAway = by === "nobody";
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    for (const one of [this.#transcript, this.#listener]) {
      if (isAway) one?.away();
      else one?.returned();
    }
  }

  get #looks(): { readonly colours: boolean } {
    return { colours: this.#options.hasLooks && this.#view.settings.colours === "on" };
  }
}
