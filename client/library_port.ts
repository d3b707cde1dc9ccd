/**
 * The port of a program that lives in this process: commands in, answers to whoever asked, events into
 * the queue.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";
import { ChatError } from "./chat_error.ts";
import { EventQueue } from "./event_queue.ts";
import type { JsonCommandInput } from "./json_command.ts";
import type { JsonEvent } from "./json_event.ts";
import type { JsonPort } from "./json_face.ts";

interface Pending {
  readonly events: JsonEvent[];
  readonly resolve: (events: readonly JsonEvent[]) => void;
  readonly reject: (error: Error) => void;
}

/** A command that is answered. */
export type Question = Exclude<JsonCommandInput, { readonly t: "quit" }> & {
  readonly id: RequestId;
};

/** The port of a program in this process. */
export class LibraryPort implements JsonPort {
  /** What nobody has asked for. */
  readonly events: EventQueue<JsonEvent> = new EventQueue<JsonEvent>();
  readonly #notice: (text: string) => void;
  readonly #lines: string[] = [];
  readonly #pending = new Map<RequestId, Pending>();
  readonly #ready = Promise.withResolvers<void>();
  #takeLine: ((line: string) => void) | null = null;
  #trouble = "The connection has ended.";
  #isLeaving = false;
  #hasEnded = false;
  /** The canonical name of the account. */
  user = "";

  /**
   * Makes the port.
   *
   * @param notice Told about the connection.
   */
  constructor(notice: (text: string) => void) {
    this.#notice = notice;
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when everything that was missed has come; rejects where it does not get so far. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Says a command that has no answer. */
  tell(command: JsonCommandInput): void {
    this.#type(JSON.stringify(command));
  }

  /** Leaves: what follows is no failure. */
  leave(): void {
    this.#isLeaving = true;
    this.events.release();
    this.tell({ t: "quit" });
  }

  /**
   * Says a command and waits for its end.
   *
   * @param question The command.
   * @returns All events that belong to it, `ok` or `ack` at the end.
   * @throws {ChatError} If it is refused, or the chat ends before.
   */
  async ask(question: Question): Promise<readonly JsonEvent[]> {
    if (this.#hasEnded) throw new ChatError("closed", this.#trouble);
    const { promise, resolve, reject } = Promise.withResolvers<readonly JsonEvent[]>();
    if (this.#pending.has(question.id)) {
      throw new ChatError("bad_command", `The id ${question.id} is in use.`);
    }
    this.#pending.set(question.id, { events: [], resolve, reject });
    this.tell(question);
    return await this.events.during(promise);
  }

  /** Hands an event to whoever asked for it, or into the queue. */
  async emit(event: JsonEvent): Promise<void> {
    if (event.t === "welcome") this.user = event.user;
    if (event.t === "ready") this.#ready.resolve();
    const re = "re" in event ? event.re : undefined;
    const pending = re === undefined ? undefined : this.#pending.get(re);
    // An entry of one's own is an event as others are; it carries no `re`.
    if (pending === undefined || re === undefined) {
      if (event.t === "error") this.#trouble = event.text;
      return await this.events.push(event);
    }
    pending.events.push(event);
    if (event.t === "ack" || event.t === "ok") pending.resolve(pending.events);
    else if (event.t === "error") pending.reject(new ChatError(event.code, event.text));
    else return;
    this.#pending.delete(re);
  }

  /** Keeps the last sentence: it may turn out to say why the chat has ended. */
  notice(text: string): Promise<void> {
    this.#trouble = text;
    this.#notice(text);
    return Promise.resolve();
  }

  /** Resolves when the program is done with what was handed over. */
  async taken(): Promise<void> {
    await this.events.taken();
  }

  /** The next command. */
  line(): Promise<string> {
    const next = this.#lines.shift();
    if (next !== undefined) return Promise.resolve(next);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#takeLine = resolve;
    return promise;
  }

  /** Nobody is asked for a password: it was given. */
  hidden(): Promise<null> {
    return Promise.resolve(null);
  }

  /** Nothing is open. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The run is over. */
  ended(outcome: { readonly code: number } | { readonly error: Error }): void {
    this.#hasEnded = true;
    const isFailure = "error" in outcome || (outcome.code !== 0 && !this.#isLeaving);
    if (!isFailure) this.#trouble = "The chat is closed.";
    const error = "error" in outcome ? outcome.error : new ChatError("closed", this.#trouble);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#ready.reject(error);
    this.events.end(isFailure ? error : null);
  }

  #type(line: string): void {
    const take = this.#takeLine;
    this.#takeLine = null;
    if (take === null) this.#lines.push(line);
    else take(line);
  }
}
