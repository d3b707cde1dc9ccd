/**
 * The questions of `end_to_end/` on their way: over the connection at present, each with an id of its own.
 *
 * @module
 */

import type { CommandInput } from "../../protocol/command.ts";
import type { Event } from "../../protocol/event.ts";
import { type Asker, CutOff, type Question } from "./asker.ts";

/** Seconds that the server may make us wait; where it wants more, that is the answer. */
const LONGEST_WAIT = 60;

/** The same for an epoch: nothing else is sent meanwhile, and the line can be typed again. */
const LONGEST_EPOCH_WAIT = 5;

/** Seconds to wait where the server does not say. */
const DEFAULT_WAIT = 1;

interface Waiting {
  readonly command: CommandInput;
  readonly resolve: (answer: Event) => void;
  readonly reject: (error: CutOff) => void;
  timer?: ReturnType<typeof setTimeout>;
}

/** Asks over one connection after the other. */
export class Inquiry implements Asker {
  readonly #newId: () => string;
  readonly #waiting = new Map<string, Waiting>();
  #send: ((command: CommandInput) => void) | null = null;
  #asked = Promise.withResolvers<void>();

  /**
   * Makes it without a connection.
   *
   * @param newId Makes ids that are unique in the account.
   */
  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** Resolves while a question waits for its answer: whoever reads must go on reading then. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Whether there is a connection. */
  get isConnected(): boolean {
    return this.#send !== null;
  }

  /** There is a connection. */
  connected(send: (command: CommandInput) => void): void {
    this.#send = send;
  }

  /** The connection is gone, and no answer will come. */
  disconnected(): void {
    this.#send = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#settled();
    for (const { timer, reject } of waiting) {
      clearTimeout(timer);
      reject(new CutOff());
    }
  }

  /** Asks. */
  async ask(question: Question): Promise<Event> {
    const send = this.#send;
    if (send === null) throw new CutOff();
    const id = question.t === "send" ? question.id : this.#newId();
    const command = { ...question, id } as CommandInput;
    const { promise, resolve, reject } = Promise.withResolvers<Event>();
    this.#waiting.set(id, { command, resolve, reject });
    this.#asked.resolve();
    send(command);
    return await promise;
  }

  /**
   * Takes an event that is the answer to a question.
   *
   * @param event Any event.
   * @returns Whether it was one.
   */
  takes(event: Event): boolean {
    if (!("re" in event) || typeof event.re !== "string") return false;
    const waiting = this.#waiting.get(event.re);
    if (waiting === undefined) return false;
    if (event.t === "error" && event.code === "rate") {
      const seconds = event.after ?? DEFAULT_WAIT;
      const longest = waiting.command.t === "epoch" ? LONGEST_EPOCH_WAIT : LONGEST_WAIT;
      if (seconds <= longest) {
        waiting.timer = setTimeout(() => this.#send?.(waiting.command), seconds * 1_000);
        return true;
      }
    }
    this.#waiting.delete(event.re);
    this.#settled();
    waiting.resolve(event);
    return true;
  }

  #settled(): void {
    if (this.#waiting.size === 0) this.#asked = Promise.withResolvers();
  }
}
