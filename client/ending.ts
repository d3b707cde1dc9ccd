/**
 * How a connection or a session ended, and what that means: whether to connect again, last words, exit
 * code.
 *
 * Source: PRODUCT §1, §2, §5.
 *
 * @module
 */

import type { LinkError } from "../transport/link_error.ts";
import { displayLine } from "./display.ts";
import { explainLinkError } from "./errors.ts";
import type { Shown } from "./shown.ts";

/** Why a connection is over. */
export type LinkEnding =
  | { readonly type: "bye"; readonly reason: string | undefined }
  | { readonly type: "failed"; readonly error: LinkError };

/** Why a session is over, as far as its user decides. */
export type UserEnding =
  /** `@quit`, or the end of what a terminal types. */
  | { readonly type: "quit" }
  /** The end of a piped input. */
  | { readonly type: "end_of_input" }
  | { readonly type: "signal" }
  /** Nobody reads standard output any more. */
  | { readonly type: "output_closed" };

/** Why a run is over; `over`: it cannot go on, and why. */
export type FinalEnding = UserEnding | { readonly type: "over"; readonly text: string };

/** What follows the end of a connection. */
export type Aftermath =
  /** Connect again, `seconds` later where that does not follow the usual waits. */
  | { readonly type: "again"; readonly text: string; readonly seconds?: number }
  | { readonly type: "over"; readonly text: string };

/** Messages that the user typed and the server has not stored. */
export interface Unstored {
  /** Not acknowledged. */
  readonly pending: number;
  /** Refused. */
  readonly refused: number;
  /** On disk, for the next run. */
  readonly kept: number;
}

/** What is left to do. */
export interface LastWords {
  /** For standard error, one line each. */
  readonly notices: readonly string[];
  /** For standard output, after them. */
  readonly shown?: Shown;
  /** Exit code: 0 normal, 1 the run cannot go on, 3 piped input not stored whole. */
  readonly code: number;
}

/** Seconds to stay away after `bye flood` (PRODUCT §2). */
const FLOOD_SECONDS = 60;

const BYE_TEXTS: ReadonlyMap<string, string> = new Map([
  ["shutdown", "The server has shut down."],
  ["timeout", "The server ended the connection: nothing came in time."],
  ["slow", "The server ended the connection: this client was too slow."],
  ["rekey", "The connection was a day old."],
  ["too_many", "Too many sessions. End another one first."],
  ["bad_login", "The server ended the connection: too many wrong passwords."],
  ["flood", "The server ended the connection: too many requests."],
  ["storage", "The server ended the connection: it cannot store or read at present."],
  ["passwd", "The password of this account was changed."],
  ["blocked", "The operator of the server has blocked this account. Ask the operator."],
  [
    "deleted",
    "The operator of the server has deleted or reset this account. Start the client again to make " +
    "a new one, or ask the operator.",
  ],
]);

/** Reasons after which this account has no business there any more. */
const FINAL: ReadonlySet<string | undefined> = new Set(["blocked", "deleted"]);

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
 * Decides what follows a goodbye of the server.
 *
 * @param reason What it gave as the reason.
 * @param input Whether there is somebody to ask for another password.
 */
export function afterBye(reason: string | undefined, input: "person" | "pipe"): Aftermath {
  const text = explainBye(reason);
  if (FINAL.has(reason)) return { type: "over", text };
  if (reason === "flood") return { type: "again", text, seconds: FLOOD_SECONDS };
  if (reason === "passwd" && input === "pipe") {
    return { type: "over", text: `${text} Start the client again with the new one.` };
  }
  return { type: "again", text };
}

/**
 * Decides what follows the end of a connection.
 *
 * @param ending Why it is over.
 * @param input As for {@linkcode afterBye}.
 */
export function afterLink(ending: LinkEnding, input: "person" | "pipe"): Aftermath {
  return ending.type === "bye"
    ? afterBye(ending.reason, input)
    : { type: "again", text: explainLinkError(ending.error) };
}

/**
 * Decides what the end of a run means.
 *
 * @param ending Why it is over.
 * @param unstored Messages that are not stored.
 * @param input Whether the lines came from a person or from a pipe.
 */
export function lastWords(
  ending: FinalEnding,
  unstored: Unstored,
  { input }: { readonly input: "person" | "pipe" },
): LastWords {
  const { pending, refused, kept } = unstored;
  const waiting = kept > 0 ? [keptText(kept)] : pending > 0 ? [notStored(pending)] : [];
  const lost = pending > 0 || refused > 0;
  const code = input === "pipe" && lost ? 3 : 0;
  switch (ending.type) {
    case "quit":
      return { notices: waiting, shown: { type: "goodbye" }, code };
    case "end_of_input":
    case "signal":
      return { notices: waiting, code };
    case "output_closed":
      return { notices: [], code };
    case "over":
      return { notices: [ending.text, ...waiting], code: code || 1 };
  }
}

function keptText(count: number): string {
  return count === 1
    ? "1 message is kept for the next time."
    : `${count.toLocaleString("en")} messages are kept for the next time.`;
}

function notStored(count: number): string {
  return count === 1
    ? "1 message was not stored by the server."
    : `${count.toLocaleString("en")} messages were not stored by the server.`;
}
