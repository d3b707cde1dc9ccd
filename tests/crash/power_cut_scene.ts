/**
 * A chat whose machine loses power.
 *
 * The server's own code, from the session down to the journal, on a store that forgets; no sockets and no
 * processes.
 *
 * @module
 */

import { setImmediate as turn } from "node:timers/promises";
import { keyRecordWrite } from "../../server/key_records.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { encodeRecord } from "../../server/record.ts";
import { openService, type Service } from "../../server/service.ts";
import { keyOf } from "../../server/tables.ts";
import { START } from "../testing/chat.ts";
import { sentence, TEST_REALM, TestSession } from "../testing/test_session.ts";
import type { FakeTimers } from "../testing/timers.ts";
import { ForgetfulStore } from "./forgetful_store.ts";
import type { FirstKeys } from "./keyring.ts";
import { Person } from "./person.ts";

/** Longer than any pause of the server between two writings, in milliseconds. */
export const LONG_MS = 1_000;

/** Rates are not what this is about. */
const POLICY = {
  ...DEFAULT_POLICY,
  requestBurst: 1_000_000,
  readBurst: 1_000_000,
  stagedPerAccount: 1_000,
};

/** The machine and the people. */
export class PowerCutScene implements AsyncDisposable {
  /** By account. */
  readonly people: readonly Person[];
  readonly #timers: FakeTimers;
  #store: ForgetfulStore = new ForgetfulStore(() => START);
  #service: Service | null = null;

  private constructor(keys: FirstKeys, timers: FakeTimers) {
    this.#timers = timers;
    const keyring = keys.keyring();
    this.people = keys.people.map(({ user }) => new Person(user, keyring));
  }

  /**
   * Switches the machine on; everybody is logged in, and all conversations have their first keys.
   *
   * @param keys Whose.
   * @param options The timers, which stand still by themselves.
   */
  static async open(
    keys: FirstKeys,
    { timers }: { readonly timers: FakeTimers },
  ): Promise<PowerCutScene> {
    const scene = new PowerCutScene(keys, timers);
    for (const { user, fp, record, keys: text } of keys.people) {
      const key = keyOf.account(user);
      const login = { user, kdf: 1, salt: "", pk: "", vault: "", created: START };
      const account = { ...login, keys: text, line: [fp] };
      const sets = [{ key, value: encodeRecord(key, account) }, keyRecordWrite(record)];
      await scene.#store.commit({ sets });
    }
    await scene.#boot();
    for (const { by, frames } of keys.openings) {
      const session = new TestSession(scene.service, by);
      for (const frame of frames) {
        const said = sentence(await session.asks(frame));
        if (said !== "ok") throw new Error(`Cannot begin a conversation of ${by}: ${said}`);
      }
      session.leave();
    }
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

  /** Lets everything go as far as it can, and everybody take in what came and go on. */
  async settle(): Promise<void> {
    await turn();
    for (const person of this.people) person.listen();
    for (const person of this.people) await person.goesOn();
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
      policy: POLICY,
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
    const service = this.#service;
    if (service === null) return;
    let isStopped = false;
    const stop = async () => {
      try {
        await service[Symbol.asyncDispose]();
      } finally {
        isStopped = true;
      }
    };
    const stopping = stop();
    // What waits for a store that does not answer looks at it once more and gives up.
    while (!isStopped) {
      this.#timers.pass(LONG_MS);
      await turn();
    }
    await stopping;
    for (const person of this.people) await person.stored();
    this.#service = null;
    await this.#store[Symbol.asyncDispose]();
  }
}
