/**
 * What a session asks to be stored: bounded, checked, handed to the journal or written at once, and
 * answered when it is on disk.
 *
 * @module
 */

import type { CommandOf, RequestId } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import { encodeObject, type FrameObject } from "../protocol/frame.ts";
import type { Allowance } from "./allowance.ts";
import type { Outcome, Submission } from "./journal.ts";
import { type Taken, takeOrder, type WriteType } from "./order_intake.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";
import { readWraps } from "./wrap_frames.ts";

/** Whose session it is, and where answers go. */
export interface WritingOptions {
  /** Canonical name. */
  readonly user: string;
  /** What the account may store. */
  readonly allowance: Allowance;
  /** Answers. */
  readonly tell: (event: Event) => void;
}

/** The writing of one session. */
export class Writing {
  readonly #service: Service;
  readonly #options: WritingOptions;

  /**
   * Makes a `Writing`.
   *
   * @param service The chat.
   * @param options Whose.
   */
  constructor(service: Service, options: WritingOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** Hands a command to the journal; its answer comes when it is stored or refused. */
  async order(command: CommandOf<WriteType>): Promise<void> {
    const { journal } = this.#service;
    const { user } = this.#options;
    const { refused, giveBack } = this.#spend(command);
    // A message that was stored before is acknowledged all the same.
    const taken: Taken = refused === null || command.t === "send"
      ? await this.#take(command, giveBack)
      : { refused };
    if ("refused" in taken) {
      giveBack();
      return this.#refuse(taken.refused, command.id);
    }
    const submission: Submission = {
      request: { user, order: taken.order },
      done: (outcome) => {
        if (!("stored" in outcome)) giveBack();
        taken.done?.(outcome);
        this.#settle(command, outcome);
      },
    };
    if (refused === null) journal.submit(submission);
    else journal.refuse(submission, { refused });
  }

  /** Stores wraps whose record is to come. */
  async wraps(command: CommandOf<"wraps">): Promise<void> {
    const { uploads, options: { uptime } } = this.#service;
    await this.#put(command, () => {
      const wraps = readWraps(command);
      if (wraps === null) return refuse.malformed();
      return uploads.add(command.record, wraps, { owner: this.#options.user, now: uptime() });
    });
  }

  /** Stores entries of the client state. */
  async state(command: CommandOf<"set_state">): Promise<void> {
    const { clientState, directory } = this.#service;
    const { user } = this.#options;
    await this.#put(command, () => {
      const [line] = directory.lineOf(user);
      return line === undefined ? refuse.deleted() : clientState.write({ user, line }, command.m);
    });
  }

  async #take(command: CommandOf<WriteType>, giveBack: () => void): Promise<Taken> {
    try {
      return await takeOrder(command, { user: this.#options.user, service: this.#service });
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Takes room for what is to be stored, and says why it may not be. */
  #spend(
    command: FrameObject,
  ): { readonly refused: Refusal | null; readonly giveBack: () => void } {
    const { trouble, options: { now } } = this.#service;
    const { allowance } = this.#options;
    // Who wraps anew does it for another, in the place of what is there, and not of his own accord.
    const octets = command.t === "rewrap" ? 0 : encodeObject(command).length;
    const wait = allowance.store(octets, now());
    return {
      refused: trouble() ?? (wait > 0 ? refuse.quota(wait) : null),
      giveBack: () => {
        if (wait === 0) allowance.giveBack(octets);
      },
    };
  }

  #settle(command: CommandOf<WriteType>, outcome: Outcome): void {
    const re = command.id;
    if ("refused" in outcome) return this.#refuse(outcome.refused, re);
    if ("known" in outcome) return this.#options.tell({ t: "ack", re, ...outcome.known });
    const [entry] = outcome.stored;
    if (command.t === "send" && entry !== undefined) {
      return this.#options.tell({ t: "ack", re, id: entry.id, at: entry.at });
    }
    this.#options.tell({ t: "ok", re });
  }

  /** Stores what needs no order, and answers. */
  async #put(
    command: CommandOf<"wraps" | "set_state">,
    write: () => Refusal | null | Promise<Refusal | null>,
  ): Promise<void> {
    const { refused, giveBack } = this.#spend(command);
    try {
      const refusal = refused ?? await write();
      if (refusal === null) return this.#options.tell({ t: "ok", re: command.id });
      giveBack();
      this.#refuse(refusal, command.id);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #refuse(refusal: Refusal, re: RequestId): void {
    this.#options.tell({ t: "error", re, ...refusal });
  }
}
