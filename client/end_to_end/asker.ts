/**
 * Questions to the server that no typed line stands behind, as promises.
 *
 * They go over the connection at present. Where that is lost, all that were not answered are rejected
 * with {@linkcode CutOff}: whoever asked begins again on the next one. A server that has no time
 * (`error rate`) is asked again after the wait it names (FTC1 §3.10).
 *
 * @module
 */

import type { CommandInput } from "../../protocol/command.ts";
import type { Event, EventOf, EventType } from "../../protocol/event.ts";

/** A command that is answered, without its id. */
export type Question = Unnamed<Extract<CommandInput, { readonly id: unknown }>>;

type Unnamed<T> = T extends { readonly t: "send" } ? T : T extends unknown ? Omit<T, "id"> : never;

/** Answers questions. */
export interface Asker {
  /**
   * Asks.
   *
   * @param question What; a message has its own id.
   * @returns The answer, which may be an `error`.
   * @throws {CutOff} If the connection is lost before, or there is none.
   */
  ask(question: Question): Promise<Event>;
}

/** The connection was lost before the answer came. */
export class CutOff extends Error {
  /** Tells it from other errors. */
  override readonly name = "CutOff";

  /** Makes the error. */
  constructor() {
    super("Cannot ask the server: the connection was lost");
  }
}

/** The server, or this client, refuses; `message` is a sentence for the user. */
export class Refused extends Error {
  /** Tells it from other errors. */
  override readonly name = "Refused";
  /** As in `error` (docs/PROTOCOL.md). */
  readonly code: string;
  /** The error as it came or would have come. */
  readonly error: Omit<EventOf<"error">, "re">;

  /**
   * Makes the error.
   *
   * @param error Code and sentence.
   */
  constructor(error: Omit<EventOf<"error">, "t" | "re">) {
    super(error.msg);
    this.code = error.code;
    this.error = { t: "error", ...error };
  }
}

/**
 * Asks for an answer of one type.
 *
 * @param asker Whom.
 * @param question What.
 * @param type The type of the answer wanted.
 * @throws {Refused} If the answer is another one.
 * @throws {CutOff} As {@linkcode Asker.ask}.
 */
export async function askFor<T extends EventType>(
  asker: Asker,
  question: Question,
  type: T,
): Promise<EventOf<T>> {
  const answer = await asker.ask(question);
  if (isOf(answer, type)) return answer;
  if (answer.t === "error") throw new Refused(answer);
  throw new Refused({ code: "bad_frame", msg: "The server's answer makes no sense." });
}

function isOf<T extends EventType>(event: Event, type: T): event is Extract<Event, EventOf<T>> {
  return event.t === type;
}
