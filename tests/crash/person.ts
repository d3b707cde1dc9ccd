/**
 * Somebody in a chat whose machine loses power: what a program that never gives up is told and shows.
 *
 * It keeps what is not acknowledged and says it again, and fetches what it has not shown, as PRODUCT §4
 * has it. It is *not* the client: that one is killed in earnest by `round.ts`.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import type { Event, EventOf } from "../../protocol/event.ts";
import type { Service } from "../../server/service.ts";
import { TestSession } from "../testing/test_session.ts";

/** A message on its way, as its sender's program keeps it. */
interface Pending {
  readonly id: string;
  readonly to: string;
  readonly body: string;
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
  #session: TestSession | null = null;
  #read = 0;
  #said = 0;

  /**
   * Makes one who has not logged in.
   *
   * @param user The account.
   */
  constructor(user: string) {
    this.user = user;
  }

  /** Logs in, shows what was missed and says again what is pending. */
  async login(service: Service): Promise<void> {
    this.#session = new TestSession(service, this.user);
    this.#read = 0;
    const upto = service.journal.delivered;
    const after = this.shown.at(-1)?.id ?? 0;
    const { entries } = await this.#session.reads({ after, upto, kinds: "all" });
    this.shown.push(...entries);
    for (const message of this.pending) await this.#send(message);
    this.listen();
  }

  /** Says something new. */
  async says(to: string): Promise<void> {
    const message = { id: `${this.user}-${++this.#said}`, to, body: `${this.user} ${this.#said}` };
    this.pending.push(message);
    await this.#send(message);
  }

  /** Says again what is pending, as after an error. */
  async saysAgain(): Promise<void> {
    for (const message of [...this.pending]) await this.#send(message);
  }

  /** Asks something about the group; the answer is only looked at. */
  async asks(t: "group_add" | "group_remove", group: string, member: string): Promise<void> {
    const id = `${this.user}-${++this.#said}`;
    await this.#session?.handles({ t, id, group, members: [member] });
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

  /** Hears nothing any more. */
  cutOff(): void {
    this.listen();
    this.#session = null;
  }

  #take(event: Event): void {
    if (event.t === "message" || event.t === "change") this.shown.push(event);
    if (event.t !== "ack") return;
    const id = String(event.re);
    strictEqual(this.acknowledged.get(id) ?? event.id, event.id, `${id} has two entries`);
    this.acknowledged.set(id, event.id);
    const place = this.pending.findIndex((message) => message.id === id);
    if (place >= 0) this.pending.splice(place, 1);
  }

  async #send(message: Pending): Promise<void> {
    await this.#session?.handles({ t: "send", ...message });
  }
}
