/**
 * A request: what is asked of the server, and what its answers make visible, as one generator.
 *
 * It yields commands and things to show; the answer to a command comes back into it. So a list in
 * many pages reads as a loop, and no socket is involved.
 *
 * @module
 */

import type { CommandInput } from "../protocol/command.ts";
import type { EventOf, EventType } from "../protocol/event.ts";
import type { Intended } from "./intent.ts";
import type { OpenedEvent, OpenedHistory, OpenedMessage } from "./opened.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Shown } from "./shown.ts";

/** A command or an intent without its id, which the queue gives it; a message has its own. */
export type Ask = Asked<Extract<CommandInput, { readonly id: unknown }>> | Intended;

/** The answer of one type. */
export type AnswerOf<T extends EventType> = Answers[T];

type Answers =
  & { readonly [T in Exclude<EventType, "history" | "message">]: EventOf<T> }
  & { readonly history: OpenedHistory; readonly message: OpenedMessage };

type Asked<T> = T extends { readonly t: "send" } ? T : T extends unknown ? Omit<T, "id"> : never;

/** What the server says of a message that it has stored: its entry, and milliseconds since 1970. */
export type Stored = Pick<EventOf<"ack">, "id" | "at">;

/** What a request wants next. */
export type Step =
  | { readonly type: "ask"; readonly command: Ask }
  /** `upto`: entries up to this id count as shown once this has been written out. */
  | { readonly type: "show"; readonly shown: Shown; readonly upto?: number }
  /** Entries up to this one count as shown, though nothing is. */
  | { readonly type: "passed"; readonly upto: number }
  /** Keeps a message until the server has it. */
  | { readonly type: "keep"; readonly message: PendingMessage }
  /** The message with this id has been stored, as `stored` says, or refused. */
  | { readonly type: "settled"; readonly id: string; readonly stored?: Stored }
  /** Goes on once the entry with this id, or a later one, has been shown. */
  | { readonly type: "until"; readonly id: number }
  /** Goes on after so many seconds. */
  | { readonly type: "rest"; readonly seconds: number }
  /** All that was typed has been done: say goodbye. */
  | { readonly type: "leave" };

/** A part of a request that ends with a result. */
export type Steps<T> = Generator<Step, T, OpenedEvent | undefined>;

/** How a request ended: `refused` where it was a message that was not stored. */
export type Result = "done" | "refused";

/** A whole request. */
export type Request = Steps<Result>;

/** Pages of one list that are asked for at the most; a faulty server may never say that it ends. */
export const MAX_PAGES = 1_000;

/**
 * Shows something.
 *
 * @param shown What.
 * @param upto Entries up to this id count as shown then.
 */
export function* show(shown: Shown, upto?: number): Steps<void> {
  yield upto === undefined ? { type: "show", shown } : { type: "show", shown, upto };
}

/** Says that all that was typed has been done. */
export function* leave(): Request {
  yield { type: "leave" };
  return "done";
}

/**
 * Asks the server.
 *
 * @param command What.
 * @returns Its answer, whatever it is.
 */
export function* ask(command: Ask): Steps<OpenedEvent> {
  const answer = yield { type: "ask", command };
  if (answer === undefined) throw new Error("Cannot go on with request: no answer was given");
  return answer;
}

/**
 * Asks the server for something and shows its refusal, if that is the answer.
 *
 * @param command What is asked.
 * @param type The type of the answer wanted.
 * @returns The answer, or `null` after a refusal.
 */
export function* fetch<T extends EventType>(
  command: Ask,
  type: T,
): Steps<AnswerOf<T> | null> {
  const answer = yield* ask(command);
  if (isOf(answer, type)) return answer;
  yield* show({ type: "refused", text: refusalOf(answer), code: codeOf(answer) });
  return null;
}

/**
 * Reads which kind of refusal it is.
 *
 * @param answer An answer that is not the one wanted.
 * @returns A code of docs/PROTOCOL.md, or `undefined` where the answer makes no sense.
 */
export function codeOf(answer: OpenedEvent): string | undefined {
  return answer.t === "error" ? answer.code : undefined;
}

/**
 * Reads why something was refused.
 *
 * @param answer An answer that is not the one wanted.
 * @returns The server's sentence, or that its answer makes no sense.
 */
export function refusalOf(answer: OpenedEvent): string {
  return answer.t === "error" ? answer.msg : "The server's answer makes no sense.";
}

function isOf<T extends EventType>(
  event: OpenedEvent,
  type: T,
): event is Extract<OpenedEvent, AnswerOf<T>> {
  return event.t === type;
}
