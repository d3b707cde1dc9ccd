/**
 * A face without a terminal: answers are given beforehand, what is shown is written down.
 *
 * @module
 */

import type { Face } from "../../client/face.ts";
import { plainText } from "../../client/plain.ts";
import type { Conversation, Shown } from "../../client/shown.ts";

/** A face that a test looks at. */
export class FakeFace implements Face {
  missed: "all" | number = "all";
  /** What was shown, in plain words. */
  readonly lines: string[] = [];
  /** Notices. */
  readonly notices: string[] = [];
  /** Questions that were asked. */
  readonly questions: string[] = [];
  /** Where a text goes. */
  conversation: Conversation = { kind: "lobby" };
  #me = "";
  readonly #answers: (string | null)[];
  readonly #waiting: ((line: string | null) => void)[] = [];

  constructor(readonly input: "person" | "pipe", answers: readonly (string | null)[] = []) {
    this.#answers = [...answers];
  }

  show(shown: Shown): Promise<void> {
    this.lines.push(...plainText(shown, this.#me).split("\n"));
    return Promise.resolve();
  }

  notice(text: string): Promise<void> {
    this.notices.push(text);
    return Promise.resolve();
  }

  loggedIn(user: string): void {
    this.#me = user;
  }

  current(conversation: Conversation): void {
    this.conversation = conversation;
  }

  ask(question: string): Promise<string | null> {
    if (this.input === "person") this.questions.push(question);
    return this.line();
  }

  askHidden(question: string): Promise<string | null> {
    return this.ask(question);
  }

  line(): Promise<string | null> {
    const next = this.#answers.shift();
    if (next !== undefined) return Promise.resolve(next);
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Gives a line to the question asked last; `null` ends the input. */
  types(line: string | null): void {
    const waiting = this.#waiting.pop();
    if (waiting === undefined) this.#answers.push(line);
    else waiting(line);
  }

  discardTyped(): void {
    if (this.input === "person") this.#answers.length = 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
