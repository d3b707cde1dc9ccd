/**
 * A whole chat without sockets: a service on a store in memory, a clock that is a number, and users
 * whose sessions keep what they are told.
 *
 * @module
 */

import { keyRecordWrite } from "../../server/key_records.ts";
import { DEFAULT_POLICY, type Policy } from "../../server/policy.ts";
import { encodeRecord } from "../../server/record.ts";
import { openService, type Service } from "../../server/service.ts";
import { keyOf } from "../../server/tables.ts";
import { HeldStore } from "./held_store.ts";
import { SealingClients } from "./sealing_clients.ts";
import { TEST_REALM, TestSession } from "./test_session.ts";

/** What a chat begins with. */
export interface ChatOptions {
  /** Names of accounts. */
  readonly users: readonly string[];
  /** Groups: the owner first, then the others. */
  readonly groups?: { readonly [name: string]: readonly [string, ...string[]] };
  /** Direct conversations whose keys are made. */
  readonly directs?: readonly (readonly [string, string])[];
  /** Bounds other than the usual ones. */
  readonly policy?: Partial<Policy>;
}

/** The time at which a chat begins: some day in November 2026. */
export const START = 1_795_370_580_000;

/** Rates are not what most scenes are about. */
const UNHURRIED = { readBurst: 1_000_000, requestBurst: 1_000_000 };

/** A chat. */
export class Chat implements AsyncDisposable {
  /** Where it is kept, through restarts. */
  readonly store: HeldStore;
  /** What could not be stored or read. */
  readonly failures: unknown[] = [];
  /** Those who know the keys. */
  readonly clients: SealingClients = new SealingClients(TEST_REALM);
  /** Milliseconds since 1970. */
  now: number = START;
  /** Milliseconds of the clock that never goes back. */
  uptime = 0;
  /** Whether nothing more may be stored. */
  isDiskFull = false;
  readonly #policy: Policy;
  #service: Service | null = null;

  /**
   * Makes a chat that is not started.
   *
   * @param policy Bounds other than the usual ones.
   */
  constructor(policy: Partial<Policy> = {}) {
    this.#policy = { ...DEFAULT_POLICY, ...UNHURRIED, ...policy };
    this.store = new HeldStore(() => this.now);
  }

  /** The service that runs now. */
  get service(): Service {
    if (this.#service === null) throw new Error("Cannot use chat: it is not started");
    return this.#service;
  }

  /** Stops the service, if one runs, and loads another one from the same store. */
  async restart(): Promise<void> {
    await this.#service?.[Symbol.asyncDispose]();
    this.#service = await openService({
      store: this.store,
      policy: this.#policy,
      realm: TEST_REALM,
      now: () => this.now,
      uptime: () => this.uptime,
      isDiskFull: () => this.isDiskFull,
      failed: (error) => this.failures.push(error),
    });
  }

  /** Stores an account with fresh keys, as far as the chat looks at one. */
  async addAccount(user: string): Promise<void> {
    const { keys, fp, record } = await this.clients.renew(user);
    const key = keyOf.account(user);
    const created = this.now;
    const account = { user, kdf: 1, salt: "", pk: "", keys, vault: "", created, line: [fp] };
    const sets = [{ key, value: encodeRecord(key, account) }, keyRecordWrite(record)];
    await this.store.commit({ sets });
    this.#service?.directory.addUser(user, [fp]);
  }

  /** Begins a session of a user. */
  login(user: string): TestSession {
    return new TestSession(this.service, user, this.clients);
  }

  /** Stops the service and forgets the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.store.release();
    await this.#service?.[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** Makes a chat with accounts and groups; nobody is online. */
export async function chatWith(options: ChatOptions): Promise<Chat> {
  const chat = new Chat(options.policy);
  await Promise.all(options.users.map((user) => chat.addAccount(user)));
  await chat.restart();
  for (const [group, [owner, ...members]] of Object.entries(options.groups ?? {})) {
    const session = chat.login(owner);
    const answer = await session.groups("set", group, members);
    if (answer !== "ok") throw new Error(`Cannot make group ${group}: ${answer}`);
    session.leave();
  }
  for (const [by, to] of options.directs ?? []) {
    const session = chat.login(by);
    await chat.clients.openDirect(session, to);
    session.leave();
  }
  return chat;
}
