/**
 * Somebody in a chat whose machine loses power: what a program that never gives up is told and shows.
 *
 * It keeps what is not acknowledged and says it again, and fetches what it has not shown, as PRODUCT §4
 * has it; direct and group messages are sealed, and sealed again only after `stale_epoch` (FTC1 §7.6). It
 * is *not* the client: that one is killed in earnest by `round.ts`.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import type { CommandOf } from "../../protocol/command.ts";
import { encodeCommand } from "../../protocol/codec.ts";
import type { Event, EventOf } from "../../protocol/event.ts";
import { decodeFrame } from "../../protocol/frame.ts";
import type { Service } from "../../server/service.ts";
import type { SealedConversation } from "../testing/sealed.ts";
import { TestSession } from "../testing/test_session.ts";
import type { Keyring } from "./keyring.ts";

/** A message on its way, as its sender's program keeps it. */
interface Pending {
  readonly id: string;
  readonly to: string;
  readonly body: string;
  /** The frame that was sent, to be sent again as it is. */
  frame: CommandOf<"send"> | null;
}

/** What a user's program knows. */
export class Person {
  /** The account. */
  readonly user: string;
  /** Ids of entries by the id of the message that became one: what was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  /** Entries that were shown, in order. */
  readonly shown: EventOf<"history">["entries"][number][] = [];
  /** What is not acknowledged, in order. */
  readonly pending: Pending[] = [];
  /** The newest entry that was reported as seen. */
  seen = 0;
  readonly #keyring: Keyring;
  /** Records that follow when their wraps have been stored, by the id of the frame with these. */
  readonly #uploads = new Map<string, CommandOf<"epoch">>();
  readonly #stored: unknown[] = [];
  /** What an answer has made necessary. */
  readonly #next: (() => Promise<void>)[] = [];
  #session: TestSession | null = null;
  #read = 0;
  #said = 0;

  /**
   * Makes one who has not logged in.
   *
   * @param user The account.
   * @param keyring Keys of all conversations.
   */
  constructor(user: string, keyring: Keyring) {
    this.user = user;
    this.#keyring = keyring;
  }

  /** Logs in, shows what was missed and says again what is pending. */
  async login(service: Service): Promise<void> {
    this.#session = new TestSession(service, this.user);
    this.#read = 0;
    const upto = service.journal.delivered;
    const after = this.shown.at(-1)?.id ?? 0;
    const { entries } = await this.#session.reads({ after, upto, kinds: "all" });
    this.shown.push(...entries);
    await this.saysAgain();
    this.listen();
  }

  /** Says something new. */
  async says(to: string): Promise<void> {
    const message = {
      id: `${this.user}-${++this.#said}`,
      to,
      body: `${this.user} ${this.#said}`,
      frame: null,
    };
    this.pending.push(message);
    await this.#send(message);
  }

  /** Says again what is pending, as after an error. */
  async saysAgain(): Promise<void> {
    for (const message of [...this.pending]) await this.#send(message);
  }

  /** Adds somebody to a group, or removes him; the answer is only looked at. */
  async changes(verb: "add" | "remove", group: string, member: string): Promise<void> {
    const session = this.#session;
    const present = session === null ? null : this.#keyring.find(session, group);
    if (present === null || present.names.includes(member) === (verb === "add")) return;
    const fork = present.fork();
    const people = [this.#keyring.person(member)];
    await fork[verb](people, { by: this.#keyring.person(this.user) });
    this.#keyring.keep(fork);
    this.#upload(fork);
  }

  /** Reports what was shown. */
  async confirms(): Promise<void> {
    this.seen = this.shown.at(-1)?.id ?? 0;
    await this.#session?.handles({ t: "seen", upto: this.seen });
  }

  /** Takes in what has come since the last time. */
  listen(): void {
    const events = this.#session?.events.slice(this.#read) ?? [];
    this.#read += events.length;
    for (const event of events) this.#take(event);
  }

  /** Does what the answers have made necessary. */
  async goesOn(): Promise<void> {
    for (const step of this.#next.splice(0)) await step();
  }

  /** Resolves when nothing that was uploaded waits for the disk. */
  async stored(): Promise<void> {
    await Promise.all(this.#stored);
  }

  /** Hears nothing any more. */
  cutOff(): void {
    this.listen();
    this.#session = null;
    this.#uploads.clear();
    this.#next.splice(0);
  }

  #take(event: Event): void {
    if (event.t === "message" || event.t === "change") this.shown.push(event);
    if (event.t === "ack") this.#acknowledge(String(event.re), event.id);
    if (event.t === "error" && event.code === "stale_epoch") this.#sealAgain(String(event.re));
    if (event.t !== "ok") return;
    const epoch = this.#uploads.get(String(event.re));
    if (epoch === undefined) return;
    this.#next.push(async () => void await this.#session?.handles(frameOf(epoch)));
  }

  #acknowledge(id: string, entry: number): void {
    strictEqual(this.acknowledged.get(id) ?? entry, entry, `${id} has two entries`);
    this.acknowledged.set(id, entry);
    const place = this.pending.findIndex((message) => message.id === id);
    if (place >= 0) this.pending.splice(place, 1);
  }

  #sealAgain(id: string): void {
    const message = this.pending.find((one) => one.id === id);
    if (message === undefined) return;
    message.frame = null;
    this.#next.push(() => this.#send(message));
  }

  async #send(message: Pending): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    const { id, to, body } = message;
    const conversation = this.#keyring.find(session, to);
    message.frame ??= conversation === null
      ? { t: "send", id, to, body }
      : await conversation.seal(this.#keyring.person(this.user), body, { id, to });
    await session.handles(frameOf(message.frame));
  }

  /** The wraps; it is not waited for the disk. */
  #upload({ frames }: SealedConversation): void {
    const [wraps, epoch] = frames;
    if (wraps?.t !== "wraps" || epoch?.t !== "epoch") throw new Error("Cannot upload: no frames");
    this.#uploads.set(String(wraps.id), epoch);
    this.#stored.push(this.#session?.handles(frameOf(wraps)));
  }
}

function frameOf(command: CommandOf<"send" | "wraps" | "epoch">): ReturnType<typeof decodeFrame> {
  return decodeFrame(encodeCommand(command));
}
