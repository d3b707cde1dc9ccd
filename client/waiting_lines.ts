/**
 * Lines that were typed and wait for their turn or their answer, and the messages among them.
 *
 * Source: PRODUCT §2, §4.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";
import type { Action, Target } from "./action.ts";
import { type Address, addressOf, notSent } from "./delivery.ts";
import { saysNoReceiver } from "./gone.ts";
import type { OpenedEvent } from "./opened.ts";
import { isOld, type PendingMessage } from "./pending_message.ts";
import type { Request } from "./request.ts";
import { type Output, type QueueOptions, RequestQueue, type Waiting } from "./request_queue.ts";
import type { Conversation } from "./shown.ts";

/** A line that waits. */
export interface WaitingLine {
  /** What it asks for; `null` where no line stands behind it. */
  readonly action: Action | null;
  /** What is to be stored, where the line is a message. */
  readonly message?: PendingMessage | undefined;
  /** The line, where it was typed in this run. */
  readonly typed?: string | undefined;
  /** What a program calls it, which is told when it is done. */
  readonly re?: RequestId | undefined;
}

interface Item extends Waiting, WaitingLine {
  /** Set where it must not be done any more: the name that could not be chosen before it. */
  misdirected?: string;
}

/** What may be stopped while the server is being asked. */
const STOPPABLE: ReadonlySet<Action["type"]> = new Set(
  ["search", "history", "history_more", "names", "group_list", "group_info"] as const,
);

/** Lines, each done in its turn. */
export class WaitingLines {
  readonly #queue: RequestQueue<Item>;
  #refused = 0;
  #aside: PendingMessage[] = [];

  /**
   * Makes it without a connection.
   *
   * @param options Ids, and what has been shown.
   */
  constructor(options: QueueOptions) {
    this.#queue = new RequestQueue(options);
  }

  /** How many lines wait, with the one under way. */
  get count(): number {
    return this.#queue.items.length;
  }

  /** Messages that are not shown as stored yet, in the order in which they go out. */
  get messages(): readonly PendingMessage[] {
    // Also the one that is stored and whose entry is on its way: it must be somewhere to be seen.
    return [...this.#aside, ...this.#queue.items.flatMap(({ message }) => message ?? [])];
  }

  /** How many messages are not stored yet. */
  get unstored(): number {
    const messages = this.#unsettled.filter(({ message }) => message !== undefined);
    return this.#aside.length + messages.length;
  }

  /** How many messages were refused, here or by the server. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether the message with this id waits to be stored. */
  holds(id: string): boolean {
    return this.#unsettled.some(({ message }) => message?.id === id);
  }

  /** A message was refused before it could wait. */
  refuse(): void {
    this.#refused++;
  }

  /**
   * Puts a line behind the others.
   *
   * @param line The line.
   * @param begin Makes its request, when its turn has come.
   */
  push(line: WaitingLine, begin: () => Request): Output[] {
    const { message, re } = line;
    const item: Item = {
      ...line,
      re: re ?? message?.id,
      begin: () => item.misdirected === undefined ? begin() : notSent(item.misdirected, line),
      end: (result) => {
        if (result === "refused") this.#refused++;
        return re === undefined ? [] : [{ type: "answered", re }];
      },
    };
    return this.#queue.push(item);
  }

  /** Stops what only lists something, if that is under way; `null` where it is not. */
  stop(): Output[] | null {
    return this.#queue.skip(({ action }) => action !== null && STOPPABLE.has(action.type));
  }

  /** The connection is gone. */
  pause(): void {
    this.#queue.pause();
  }

  /** There is a connection, and what was missed has been shown. */
  resume(): Output[] {
    return this.#queue.resume();
  }

  /** Handles what may be an answer. */
  answer(event: OpenedEvent): Output[] {
    return this.#queue.answer(event);
  }

  /** Goes on where that waits for an entry that has been shown now. */
  progress(): Output[] {
    return this.#queue.progress();
  }

  /** A wait is over. */
  retry(): Output[] {
    return this.#queue.retry();
  }

  /** Where a message will go if what was typed before it finds its name. */
  aim(to: Target, current: Conversation): Address {
    const choice = this.#queue.items.findLast(({ action }) => action?.type === "choose")?.action;
    return to.kind === "current" && choice?.type === "choose"
      ? { to: choice.name }
      : addressOf(to, current);
  }

  /**
   * Sets aside what got old while there was no connection: the server may have stored it and forgotten its
   * id.
   *
   * @param now Milliseconds since 1970.
   */
  setAside(now: number): Output[] {
    const old = this.#queue.withdraw(({ message }) => message !== undefined && isOld(message, now))
      .flatMap(({ message }) => message ?? []);
    this.#aside.push(...old);
    return old.length === 0 ? [] : [{ type: "set_aside", count: old.length }];
  }

  /** Gives away what was set aside. */
  takeAside(): readonly PendingMessage[] {
    const messages = this.#aside;
    this.#aside = [];
    return messages;
  }

  /** What was typed for a conversation that could not be chosen must not go to another one. */
  misdirect(name: string, which: "from the first on" | "behind the first"): void {
    for (const item of this.#queue.items.slice(which === "behind the first" ? 1 : 0)) {
      if (item.action?.type === "choose") return;
      if (item.action?.type === "send" && item.action.to.kind === "current") {
        item.misdirected = name;
      }
    }
  }

  /** Whether an event says that a message for the current conversation has no receiver. */
  findsNobody(event: OpenedEvent): boolean {
    const [item] = this.#queue.items;
    const { action, message } = item ?? {};
    return action?.type === "send" && action.to.kind === "current" &&
      saysNoReceiver(event, message?.id);
  }

  get #unsettled(): readonly Item[] {
    return this.#queue.items.slice(this.#queue.isSettled ? 1 : 0);
  }
}
