/**
 * What a client needs of whoever uses it: a place for lines, questions, typed lines.
 *
 * The faces of PRODUCT §5 implement it; nothing else knows whether there is a terminal.
 *
 * @module
 */

import type { Conversation, Shown } from "./shown.ts";

/** One of the faces. */
export interface Face {
  /** Whether somebody is there to answer questions; otherwise the lines of a pipe come in. */
  readonly input: "person" | "pipe";
  /** How many missed messages are shown. */
  readonly missed: "all" | number;

  /**
   * Shows something and resolves when it has been written out.
   *
   * @throws {Deno.errors.BrokenPipe} Or another error of the system, when nobody reads any more.
   */
  show(shown: Shown): Promise<void>;

  /** Shows a notice about the connection. Never throws: it may be lost. */
  notice(text: string): Promise<void>;

  /** Says whose messages it shows: the canonical name. */
  loggedIn(user: string): void;

  /** Says where a text goes that names no receiver. */
  current(conversation: Conversation): void;

  /**
   * Asks for a line; from a pipe takes the next one without asking.
   *
   * @returns The line, or `null` at the end of input or when the user wants to leave.
   */
  ask(question: string): Promise<string | null>;

  /** As `ask`, but nothing of what is typed is shown. */
  askHidden(question: string): Promise<string | null>;

  /** The next line that is typed; `null` at the end of input or when the user wants to leave. */
  line(): Promise<string | null>;

  /** Forgets what a person has typed and nobody has asked for yet: it may be a password. */
  discardTyped(): void;

  /** Gives the terminal back as it was; nothing is shown from then on. Twice does no harm. */
  close(): Promise<void>;
}
