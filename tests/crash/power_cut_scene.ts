/**
 * People in a chat whose machine loses power: what a client that never gives up is told and shows.
 *
 * The server's own code, from the session down to the store; no sockets and no processes. A user's
 * program keeps what is not acknowledged and says it again, and fetches what it has not shown, as
 * PRODUCT §4 has it.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Entry, Event } from "../../protocol/event.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { encodeRecord } from "../../server/record.ts";
import { openService, type Service } from "../../server/service.ts";
import { keyOf } from "../../server/tables.ts";
import { START } from "../testing/chat.ts";
import { TEST_REALM, TestSession } from "../testing/test_session.ts";
import { ForgetfulStore } from "./forgetful_store.ts";

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
  readonly shown: Entry[] = [];
  /** What is not acknowledged, in order. */
  readonly pending: Pending[] = [];
  /** The newest entry that was reported as seen. */
  seen = 0;
  #session: TestSession | null = null;
  #read = 0;
  #said = 0;

  /** @param user The account. */
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

/** The machine and the people. */
export class PowerCutScene implements AsyncDisposable {
  /** By account. */
  readonly people: readonly Person[];
  #store: ForgetfulStore = new ForgetfulStore(() => START);
  #service: Service | null = null;

  private constructor(users: readonly string[]) {
    this.people = users.map((user) => new Person(user));
  }

  /**
   * Switches the machine on; everybody is logged in, and the first owns the group.
   *
   * @param users Names.
   * @param group Its name and its other members.
   */
  static async open(
    users: readonly [string, ...string[]],
    group: { readonly name: string; readonly members: string[] },
  ): Promise<PowerCutScene> {
    const scene = new PowerCutScene(users);
    for (const user of users) {
      const key = keyOf.account(user);
      const account = { user, kdf: 1, salt: "", pk: "", keys: "", vault: "", created: START };
      await scene.#store.commit({ sets: [{ key, value: encodeRecord(key, account) }] });
    }
    await scene.#boot();
    const owner = new TestSession(scene.service, users[0]);
    await owner.asks({ t: "group_set", group: group.name, members: group.members });
    owner.leave();
    await turn();
    for (const person of scene.people) person.listen();
    return scene;
  }

  /** The store at present. */
  get store(): ForgetfulStore {
    return this.#store;
  }

  /** The service at present. */
  get service(): Service {
    if (this.#service === null) throw new Error("Cannot use service: the machine is off");
    return this.#service;
  }

  /** Lets everything go as far as it can, and everybody take in what came. */
  async settle(): Promise<void> {
    await turn();
    for (const person of this.people) person.listen();
  }

  /** Cuts the power, switches on again, and everybody comes back. */
  async cutPower(survivors: number): Promise<void> {
    for (const person of this.people) person.cutOff();
    const next = await this.#store.cutPower(survivors);
    await this.#stop();
    this.#store = next;
    await this.#boot();
  }

  /** Switches off. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.release();
    await this.#stop();
  }

  async #boot(): Promise<void> {
    this.#service = await openService({
      store: this.#store,
      policy: { ...DEFAULT_POLICY, requestBurst: 1_000_000, readBurst: 1_000_000 },
      realm: TEST_REALM,
      now: () => START,
      uptime: () => 0,
      isDiskFull: () => false,
      // Commits that fail are what this is about.
      failed: () => {},
    });
    for (const person of this.people) await person.login(this.#service);
  }

  async #stop(): Promise<void> {
    await this.#service?.[Symbol.asyncDispose]();
    this.#service = null;
    await this.#store[Symbol.asyncDispose]();
  }
}
