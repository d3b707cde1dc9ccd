/**
 * What a client needs of whoever uses it: a place for lines, questions, typed lines.
 *
 * The faces of PRODUCT §5 implement it; nothing else knows whether there is a terminal.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";
import type { Names } from "./known_names.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Stored } from "./request.ts";
import type { Settings } from "./settings.ts";
import type { Conversation, Shown } from "./shown.ts";
import type { Unread } from "./unread.ts";

/** How things stand beside what was said. */
export interface FaceStatus {
  /** Whether there is a connection; without one, when the next is tried: milliseconds since 1970. */
  readonly connection:
    | { readonly state: "on" }
    | { readonly state: "off"; readonly nextTryAt: number | null };
  /** Messages that were typed and are not shown as stored yet, in order. */
  readonly pending: readonly PendingMessage[];
  /** What is unread, ordered by the first unread message. */
  readonly unread: readonly Unread[];
}

/** Who is told what somebody does at a face beside typing. */
export interface FaceListener {
  /** Ctrl-C: stops what takes long. Returns whether there was something to stop. */
  interrupted(): boolean;
  /** Nobody looks at it any more. */
  away(): void;
  /** Somebody looks at it again. */
  returned(): void;
}

/** One of the faces. */
export interface Face {
  /** Whether somebody is there to answer questions; otherwise the lines of a pipe come in. */
  readonly input: "person" | "pipe";
  /** How many missed messages are shown. */
  readonly missed: "all" | number;

  /**
   * Shows something and resolves when it has been written out.
   *
   * @param shown What.
   * @param re The request or the message that it belongs to.
   * @throws {Deno.errors.BrokenPipe} Or another error of the system, when nobody reads any more.
   */
  show(shown: Shown, re?: RequestId): Promise<void>;

  /** The server has stored a message of one's own, as `stored` says, or refused it. */
  settled?(id: string, stored: Stored | undefined): Promise<void>;

  /** A request of a program has been done; what it has shown was before. */
  answered?(re: RequestId): Promise<void>;

  /** Everything that was missed has been shown: the entries up to this id. */
  caughtUp?(last: number): Promise<void>;

  /** Resolves when what was shown has been read, where that is later than its being written out. */
  taken?(): Promise<void>;

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

  /** Shows how things stand. */
  status?(status: FaceStatus): void;

  /** Follows the settings. */
  configure?(settings: Settings): void;

  /** Says which names can be completed. */
  complete?(names: Names): void;

  /** Tells somebody from now on what is done beside typing. */
  listen?(listener: FaceListener): void;

  /** Gives it lines of earlier runs, oldest first, and says who keeps those of this one. */
  recall?(lines: readonly string[], keep: (line: string) => void): void;

  /** Gives the terminal back as it was; nothing is shown from then on. Twice does no harm. */
  close(): Promise<void>;
}
