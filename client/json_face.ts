/**
 * The face for programs: every event one object, every line of input one command (docs/JSON.md).
 *
 * Where objects go is told by a port: to standard output as lines, or into the library's iterator.
 * Source: PRODUCT §5.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";
import type { Face, FaceStatus } from "./face.ts";
import { type JsonEvent, jsonEvent } from "./json_event.ts";
import { jsonLine } from "./json_line.ts";
import { PlainFace } from "./plain_face.ts";
import type { Stored } from "./request.ts";
import type { Conversation, Shown } from "./shown.ts";
import type { Streams } from "./streams.ts";

/** Where a program is. */
export interface JsonPort {
  /** Hands an event over and resolves when that is done. */
  emit(event: JsonEvent): Promise<void>;
  /** Hands over a sentence about the connection. Never throws. */
  notice(text: string): Promise<void>;
  /** Resolves when the program is done with what was handed over; left out where nobody knows. */
  taken?(): Promise<void>;
  /** The next line: a command, or what is asked for at the login; `null` at the end. */
  line(): Promise<string | null>;
  /** The next line, where it is a password. */
  hidden(question: string): Promise<string | null>;
  /** No more is handed over. */
  close(): Promise<void>;
}

/** The face for programs. */
export class JsonFace implements Face {
  readonly input = "pipe";
  readonly missed = "all";
  readonly #port: JsonPort;
  readonly #failed = new Set<RequestId>();
  #nextTryAt: number | null = null;

  /**
   * Makes the face.
   *
   * @param port Where the program is.
   */
  constructor(port: JsonPort) {
    this.#port = port;
  }

  /** Hands over what a program has a use for. */
  async show(shown: Shown, re?: RequestId): Promise<void> {
    if (shown.type === "refused" && re !== undefined) this.#failed.add(re);
    const event = jsonEvent(shown, re);
    if (event !== null) await this.#port.emit(event);
  }

  /** Acknowledges a message that is stored; of another one an error has been said. */
  async settled(id: string, stored: Stored | undefined): Promise<void> {
    this.#failed.delete(id);
    if (stored !== undefined) {
      await this.#port.emit({ t: "ack", re: id, id: stored.id, at: stored.at });
    }
  }

  /** Says that a command has been done, unless an error has said that it has not. */
  async answered(re: RequestId): Promise<void> {
    if (!this.#failed.delete(re)) await this.#port.emit({ t: "ok", re });
  }

  /** Says from where on everything comes live. */
  async caughtUp(last: number): Promise<void> {
    await this.#port.emit({ t: "ready", last });
  }

  /** Says that the connection is lost, each time with the time of the next try, and that it is back. */
  status({ connection }: FaceStatus): void {
    const next = connection.state === "off" ? connection.nextTryAt ?? this.#nextTryAt : null;
    if (next === this.#nextTryAt) return;
    this.#nextTryAt = next;
    const event: JsonEvent = next === null
      ? { t: "connection", state: "on" }
      : { t: "connection", state: "off", next_try_at: next };
    // Where nobody reads any more, the next event says so.
    this.#port.emit(event).catch(() => {});
  }

  /** Resolves when the program is done with what it was told, as far as one can know. */
  async taken(): Promise<void> {
    await this.#port.taken?.();
  }

  /** Hands over a sentence about the connection. */
  async notice(text: string): Promise<void> {
    await this.#port.notice(text);
  }

  /** `welcome` says it. */
  loggedIn(_user: string): void {}

  /** A program always says where a text goes. */
  current(_conversation: Conversation): void {}

  /** Takes the next line without asking. */
  async ask(_question: string): Promise<string | null> {
    return await this.#port.line();
  }

  /** As `ask`; on a terminal nothing of it is shown. */
  async askHidden(question: string): Promise<string | null> {
    return await this.#port.hidden(question);
  }

  /** The next command. */
  async line(): Promise<string | null> {
    return await this.#port.line();
  }

  /** Nothing is typed. */
  discardTyped(): void {}

  /** No more is handed over. */
  async close(): Promise<void> {
    await this.#port.close();
  }
}

/**
 * The port of a program behind standard input and output; sentences go to standard error.
 *
 * @param streams Where it is.
 */
export function streamPort(streams: Streams): JsonPort {
  const plain = new PlainFace(streams);
  let work: Promise<unknown> = Promise.resolve();
  return {
    emit: (event) => {
      const written = work.then(() => streams.write("out", `${jsonLine(event)}\n`));
      work = written.catch(() => {});
      return written;
    },
    notice: (text) => plain.notice(text),
    line: () => plain.line(),
    hidden: (question) => plain.askHidden(question),
    close: async () => {
      await work;
      await plain.close();
    },
  };
}
