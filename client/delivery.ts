/**
 * A message on its way to the server, and where it goes.
 *
 * Its id is made when it is typed; so it can be sent again on another connection, or by another run, and
 * the server stores it once.
 * Source: PRODUCT §4; docs/PROTOCOL.md, "send".
 *
 * @module
 */

import type { Target } from "./action.ts";
import type { PendingMessage } from "./pending_message.ts";
import { ask, codeOf, refusalOf, type Request, show } from "./request.ts";
import type { Conversation } from "./shown.ts";
import { explainUnknown } from "./suggest.ts";

/** The receiver as the command `send` has it. */
export type Address = Pick<PendingMessage, "to" | "kind">;

/**
 * Says where a text goes.
 *
 * @param target As typed.
 * @param current The current conversation.
 */
export function addressOf(target: Target, current: Conversation): Address {
  switch (target.kind) {
    case "lobby":
      return { to: "lobby" };
    case "name":
      return { to: target.name };
    case "group":
      return { to: target.name, kind: "group" };
    case "current":
      return current.kind === "lobby"
        ? { to: "lobby" }
        : { to: current.name, ...(current.kind === "group" ? { kind: "group" } : {}) };
  }
}

/** Where a message comes from, for the words of a refusal. */
export type Origin =
  /** A name was typed before it, which may have been meant as a command. */
  | "named"
  | "typed"
  /** An earlier run: the user does not have it before his eyes any more. */
  | "earlier run";

/** What a refusal of a message says beside its reason. */
export interface Source {
  /** Where the message comes from. */
  readonly origin: Origin;
  /** The line that was typed, where it was in this run. */
  readonly typed?: string | undefined;
}

/**
 * Delivers a message.
 *
 * @param message The message, kept already.
 * @param source Where it comes from.
 */
export function* deliver(
  { at: _at, sealed: _sealed, ...message }: PendingMessage,
  { origin, typed }: Source,
): Request {
  const answer = yield* ask({ t: "send", ...message });
  if (answer.t === "ack") {
    yield { type: "settled", id: message.id, stored: { id: answer.id, at: answer.at } };
    // The entry comes on its own; whatever was typed behind it takes effect after it.
    yield { type: "until", id: answer.id };
    return "done";
  }
  const text = answer.t === "error" && answer.code === "no_user" && origin === "named"
    ? explainUnknown(message.to, answer, "text").text
    : refusalOf(answer);
  const lost = origin === "earlier run" ? ` Not sent: ${message.body}` : "";
  yield* show({ type: "refused", text: `${text}${lost}`, typed, code: codeOf(answer) });
  yield { type: "settled", id: message.id };
  return "refused";
}

/**
 * Delivers a message whose receiver was not certain when it was typed: it is kept again where that has
 * changed.
 *
 * @param address Where it goes.
 * @param options The message as it was kept, and where it comes from.
 */
export function* deliverTo(
  address: Address,
  { message, ...source }: Source & { readonly message: PendingMessage },
): Request {
  const { id, body, at } = message;
  const aimed = { id, ...address, body, at };
  if (address.to !== message.to) yield { type: "keep", message: aimed };
  return yield* deliver(aimed, source);
}

/**
 * Does not deliver what was typed for a conversation that could not be chosen.
 *
 * @param name The name of that conversation.
 * @param line The message, and the line it was typed as.
 */
export function* notSent(
  name: string,
  { message, typed }: {
    readonly message?: PendingMessage | undefined;
    readonly typed?: string | undefined;
  },
): Request {
  if (message !== undefined) yield { type: "settled", id: message.id };
  const text = `Not sent: it was typed for ${name}, which could not be chosen.`;
  yield* show({ type: "refused", text, typed });
  return "refused";
}
