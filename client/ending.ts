/**
 * How a session ended, and what that means: last words and exit code.
 *
 * This is the one place that decides that the end of a connection is the end of the client.
 * Source: PRODUCT §1, §2, §5.
 *
 * @module
 */

import { LinkError } from "../transport/link_error.ts";
import { displayLine } from "./display.ts";
import { explainLinkError } from "./errors.ts";
import type { Shown } from "./shown.ts";

/** Why a session is over. */
export type Ending =
  /** `@quit`, or the end of what a terminal types. */
  | { readonly type: "quit" }
  /** The end of a piped input. */
  | { readonly type: "end_of_input" }
  | { readonly type: "signal" }
  /** Nobody reads standard output any more. */
  | { readonly type: "output_closed" }
  | { readonly type: "bye"; readonly reason?: string | undefined }
  | { readonly type: "failed"; readonly error: LinkError };

/** Messages that the user typed and the server has not stored. */
export interface Unstored {
  /** Not acknowledged. */
  readonly pending: number;
  /** Refused. */
  readonly refused: number;
}

/** What is left to do. */
export interface LastWords {
  /** For standard output. */
  readonly shown?: Shown;
  /** For standard error, one line each. */
  readonly notices: readonly string[];
  /** Exit code: 0 normal, 1 connection over, 3 piped input not stored whole. */
  readonly code: number;
}

const BYE_TEXTS: ReadonlyMap<string, string> = new Map([
  ["timeout", "The server ended the connection: nothing came in time."],
  ["slow", "The server ended the connection: this client was too slow."],
  ["rekey", "The server ended the connection, which was a day old. Start the client again."],
  ["too_many", "Too many sessions. End another one first."],
  ["bad_login", "The server ended the connection: too many wrong passwords."],
  ["flood", "The server ended the connection: too many requests. Wait a minute."],
  ["passwd", "The password of this account was changed. Log in again."],
]);

/**
 * Says why the server said goodbye.
 *
 * @param reason What it gave as the reason.
 */
export function explainBye(reason: string | undefined): string {
  const text = BYE_TEXTS.get(reason ?? "");
  if (text !== undefined) return text;
  const given = reason === undefined ? "" : ` (${displayLine(reason.slice(0, 64))})`;
  return `The server ended the connection${given}.`;
}

/**
 * Decides what the end of a session means.
 *
 * @param ending Why it is over.
 * @param unstored Messages that are not stored.
 * @param input Whether the lines came from a person or from a pipe.
 */
export function lastWords(
  ending: Ending,
  unstored: Unstored,
  { input }: { readonly input: "person" | "pipe" },
): LastWords {
  const notices = unstored.pending === 0 ? [] : [notStored(unstored.pending)];
  const lost = unstored.pending > 0 || (ending.type !== "quit" && unstored.refused > 0);
  const code = input === "pipe" && lost ? 3 : 0;
  switch (ending.type) {
    case "quit":
      return { shown: { type: "goodbye" }, notices, code };
    case "end_of_input":
    case "signal":
      return { notices, code };
    case "output_closed":
      return { notices: [], code };
    case "bye":
      return ending.reason === "shutdown"
        ? { shown: { type: "shutdown" }, notices, code }
        : { notices: [explainBye(ending.reason), ...notices], code: code || 1 };
    case "failed":
      return { notices: [explainLinkError(ending.error), ...notices], code: code || 1 };
  }
}

function notStored(count: number): string {
  return count === 1
    ? "1 message was not stored by the server."
    : `${count.toLocaleString("en")} messages were not stored by the server.`;
}
