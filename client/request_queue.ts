/**
 * Requests one after the other: each is asked when the one before has been answered.
 *
 * So what was typed takes effect in the order it was typed, a refused message changes no order
 * when it is sent again, and the server's limits are met by waiting as long as it says. Without a
 * connection everything waits; on the next one, what was not answered is asked again under the same id.
 * It has no clock: it says how long to wait and is told when that is over.
 * Source: FTC1 §3.10 ("clients pace themselves and send again after `after`"); PRODUCT §2, §4.
 *
 * @module
 */

import type { CommandInput, RequestId } from "../protocol/command.ts";
import type { Intent } from "./intent.ts";
import type { OpenedEvent } from "./opened.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Ask, Request, Result, Stored } from "./request.ts";
import type { Shown } from "./shown.ts";

/** What a session wants done, in this order. */
export type Output =
  /**
   * `upto`: entries up to this id count as shown once this has been written out. `re`: the request or the
   * message that it belongs to.
   */
  | {
    readonly type: "show";
    readonly shown: Shown;
    readonly upto?: number;
    readonly re?: RequestId | undefined;
  }
  /** Entries up to this one count as shown, though nothing is. */
  | { readonly type: "passed"; readonly upto: number }
  | { readonly type: "send"; readonly command: Wanted }
  /** Keep a message, before any command that follows is sent. */
  | { readonly type: "keep"; readonly message: PendingMessage }
  /** Say that so many messages were set aside: the server may know their ids no more. */
  | { readonly type: "set_aside"; readonly count: number }
  /** Forget the message with this id, which was stored, as `stored` says, or refused. */
  | { readonly type: "settled"; readonly id: string; readonly stored?: Stored }
  /** A request of a program has been done; what it has shown was before. */
  | { readonly type: "answered"; readonly re: RequestId }
  /** Everything that was missed has been shown: the entries up to this id. */
  | { readonly type: "caught_up"; readonly last: number }
  /** Ask for a new password. */
  | { readonly type: "change_password" }
  /** Ask for a new password, and make new keys. */
  | { readonly type: "rekey" }
  /** Call `retry` after so many seconds. */
  | { readonly type: "wait"; readonly seconds: number }
  /** All that was typed has been done: say goodbye. */
  | { readonly type: "leave" };

/** What a session sends: a command, or what takes several (`end_to_end/`). */
export type Wanted = CommandInput | Intent;

/** A request that waits for its turn. */
export interface Waiting {
  /** What its user calls it, or the id of its message. */
  readonly re?: RequestId | undefined;
  /** Makes the request when its turn has come. */
  begin(): Request;
  /** Called with its result. */
  end(result: Result): Output[];
}

/** Seconds to wait where the server does not say. */
const DEFAULT_WAIT = 1;

/** The longest wait that a server can impose, in seconds. */
const LONGEST_WAIT = 3_600;

/** What a queue needs. */
export interface QueueOptions {
  /** Makes ids that are unique in the account, 1–64 characters. */
  readonly newId: () => string;
  /** Whether the entry with this id, or a later one, has been shown. */
  readonly isShown: (id: number) => boolean;
}

/** Stands for the answer that was lost with a connection. */
const cutOff: OpenedEvent = {
  t: "error",
  code: "cut_off",
  msg: "The connection was lost meanwhile.",
};

interface Running<T> {
  readonly item: T;
  readonly request: Request;
  /** The command that is to be answered. */
  asked: Wanted | null;
  /** The entry that is to be shown. */
  until: number | null;
  /** Whether it goes on by itself after a while. */
  isResting: boolean;
}

/** A queue with one request under way. */
export class RequestQueue<T extends Waiting = Waiting> {
  readonly #options: QueueOptions;
  readonly #waiting: T[] = [];
  #running: Running<T> | null = null;
  #isPaused = true;

  /**
   * Makes an empty queue, without a connection.
   *
   * @param options Ids, and what has been shown.
   */
  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** What waits or is under way, in order. */
  get items(): readonly T[] {
    return this.#running === null ? this.#waiting : [this.#running.item, ...this.#waiting];
  }

  /** Whether the one under way was done by the server and only waits for its entry. */
  get isSettled(): boolean {
    return this.#running !== null && this.#running.until !== null;
  }

  /** Puts a request at the end; it begins now if none is under way. */
  push(item: T): Output[] {
    this.#waiting.push(item);
    return this.#running === null && !this.#isPaused ? this.#advance() : [];
  }

  /**
   * Takes requests out, while everything waits. What the server has done already stays.
   *
   * @param isMeant Which.
   * @returns What was taken out, in order.
   */
  withdraw(isMeant: (item: T) => boolean): T[] {
    const meant = this.items.slice(this.isSettled ? 1 : 0).filter(isMeant);
    for (const item of meant) {
      if (item === this.#running?.item) this.#running = null;
      else this.#waiting.splice(this.#waiting.indexOf(item), 1);
    }
    return meant;
  }

  /**
   * Gives up the request under way, if it is meant and the server has not done it already; the next
   * begins. A late answer answers nothing then.
   *
   * @param isMeant Which.
   * @returns What the next one wants; `null` where nothing was given up.
   */
  skip(isMeant: (item: T) => boolean): Output[] | null {
    if (this.#running === null || this.isSettled || !isMeant(this.#running.item)) return null;
    this.#running = null;
    return this.#isPaused ? [] : this.#advance();
  }

  /** The connection is gone: everything waits. */
  pause(): void {
    this.#isPaused = true;
  }

  /** There is a connection: asks again what was not answered, and goes on. */
  resume(): Output[] {
    if (!this.#isPaused) return [];
    this.#isPaused = false;
    const running = this.#running;
    if (running === null) return this.#advance();
    if (running.until !== null) return this.progress();
    // Its signatures are made for the connection that is gone.
    if (running.asked?.t === "passwd") return this.#advance(cutOff);
    return this.retry();
  }

  /** Handles an event; those that answer nothing asked here are ignored. */
  answer(event: OpenedEvent): Output[] {
    const running = this.#running;
    if (running === null || running.asked === null) return [];
    const { asked } = running;
    if (!("re" in event) || !("id" in asked) || event.re !== asked.id) return [];
    // So many new keys in a day are refused for the rest of it; the user is told, and goes on.
    if (event.t === "error" && event.code === "rate" && asked.t !== "passwd") {
      return [waitFor(event.after ?? DEFAULT_WAIT)];
    }
    return this.#advance(event);
  }

  /** Goes on where that waits for an entry that has been shown now. */
  progress(): Output[] {
    const until = this.#running?.until ?? null;
    const goesOn = !this.#isPaused && until !== null && this.#options.isShown(until);
    return goesOn ? this.#advance() : [];
  }

  /** The wait is over: asks again what the server had no time for, or goes on after a rest. */
  retry(): Output[] {
    if (this.#running?.isResting === true && !this.#isPaused) return this.#advance();
    const asked = this.#running?.asked ?? null;
    return asked === null || this.#isPaused ? [] : [{ type: "send", command: asked }];
  }

  #advance(answer?: OpenedEvent): Output[] {
    const outputs: Output[] = [];
    let given = answer;
    while (true) {
      this.#running ??= this.#next();
      if (this.#running === null) return outputs;
      const { item, request } = this.#running;
      this.#running.until = null;
      this.#running.asked = null;
      this.#running.isResting = false;
      const step = request.next(given);
      given = undefined;
      if (step.done === true) {
        this.#running = null;
        outputs.push(...item.end(step.value));
      } else if (step.value.type === "until") {
        if (this.#options.isShown(step.value.id)) continue;
        this.#running.until = step.value.id;
        return outputs;
      } else if (step.value.type === "rest") {
        this.#running.isResting = true;
        outputs.push(waitFor(step.value.seconds));
        return outputs;
      } else if (step.value.type === "show" && item.re !== undefined) {
        outputs.push({ ...step.value, re: item.re });
      } else if (step.value.type !== "ask") {
        outputs.push(step.value);
      } else {
        const command = this.#withId(step.value.command);
        this.#running.asked = command;
        outputs.push({ type: "send", command });
        return outputs;
      }
    }
  }

  #withId(command: Ask): Wanted {
    return command.t === "send" ? command : { ...command, id: this.#options.newId() };
  }

  #next(): Running<T> | null {
    const item = this.#waiting.shift();
    if (item === undefined) return null;
    return { item, request: item.begin(), asked: null, until: null, isResting: false };
  }
}

function waitFor(seconds: number): Output {
  return { type: "wait", seconds: Math.min(seconds, LONGEST_WAIT) };
}
