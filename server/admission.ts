/**
 * From a finished handshake to a logged-in user: the server's states "wait auth" and "wait proof"
 * (FTC1 §3.11).
 *
 * No socket: frames in, answers out. The one who owns the connection keeps the time.
 *
 * | state | frame | answer | next |
 * |---|---|---|---|
 * | wait auth | `auth`, good name | `auth` | wait proof |
 * | | `auth`, bad name | `error bad_name`; the tenth time `bye` | wait auth |
 * | wait proof | `login`, right | – | admitted |
 * | | `register`, right, name free | – | admitted |
 * | | wrong signature | `error bad_login`; the third time `bye` | wait auth |
 * | | too many tries (FTC1 §4.5) | `error try_later`, before the signature is looked at | wait auth |
 * | | name lost in a race | `error name_taken` | wait auth |
 * | any | the store fails | `error storage`; the tenth time `bye` | wait auth |
 * | any | anything else | `bye bad_state` or `bad_frame` | dead |
 *
 * @module
 */

import { decodeCommand } from "../protocol/codec.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { EventOf } from "../protocol/event.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { canonicalName } from "../protocol/name.ts";
import type { Accounts, Channel, Registration } from "./accounts.ts";
import type { Guesses } from "./guesses.ts";
import type { Policy } from "./policy.ts";
import { DamagedRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Account } from "./tables.ts";

/** What follows from a frame. */
export type Step =
  | { readonly answer: EventOf<"auth"> | EventOf<"error"> }
  | {
    readonly admitted: Account;
    readonly created: boolean;
    /** Whether the others are to be told, and he of what they do. */
    readonly presence: "shown" | "quiet";
  }
  | { readonly end: string; readonly answer?: EventOf<"error"> };

/** What admission works with. */
export interface AdmissionOptions {
  /** Where accounts are. */
  readonly accounts: Accounts;
  /** What proofs are made for. */
  readonly channel: Channel;
  /** How often things may go wrong on one connection. */
  readonly policy: Pick<Policy, "wrongPasswords" | "badNames">;
  /** How often they may go wrong on all connections. */
  readonly guesses: Guesses;
  /** Where the peer is, as limits know it. */
  readonly address: string;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** Whether unknown names may register. */
  readonly registration: "open" | "closed";
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what could not be stored or read. */
  readonly failed: (error: unknown) => void;
  /** The newest entry: where the cursor of a new account begins. */
  readonly newest: () => number;
}

/** The login of one connection. */
export class Admission {
  readonly #options: AdmissionOptions;
  #claim: { readonly user: string; readonly account: Account | null } | null = null;
  #badNames = 0;
  #wrong = 0;
  #refusals = 0;
  #failures = 0;

  /**
   * Makes an `Admission`.
   *
   * @param options Accounts, channel, bounds.
   */
  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Takes the next frame.
   *
   * @param frame What the peer sent.
   * @returns What to answer, who is in, or that it is over.
   */
  async step(frame: FrameObject): Promise<Step> {
    try {
      return await this.#step(frame);
    } catch (failure) {
      this.#options.failed(failure);
      return this.#failed(refuse.storage());
    }
  }

  /** So often and no more: each is a line in the log. */
  #failed(refusal: Refusal): Step {
    this.#claim = null;
    const answer = error(refusal);
    return ++this.#failures < this.#options.policy.badNames
      ? { answer }
      : { answer, end: "storage" };
  }

  async #step(frame: FrameObject): Promise<Step> {
    const decoded = decodeCommand(frame);
    if (!decoded.ok) {
      return { end: decoded.code === "unknown_type" ? "bad_state" : "bad_frame" };
    }
    const command = decoded.value;
    const claim = this.#claim;
    if (command.t === "auth" && claim === null) return await this.#auth(command);
    if (command.t === "login" && claim?.account) return await this.#login(claim.account, command);
    if (command.t === "register" && claim !== null && claim.account === null) {
      return await this.#register(claim.user, command);
    }
    return { end: "bad_state" };
  }

  async #auth(command: CommandOf<"auth">): Promise<Step> {
    const user = canonicalName(command.user);
    if (user === null) {
      const answer = error(refuse.badName(command.user));
      return ++this.#badNames < this.#options.policy.badNames
        ? { answer }
        : { answer, end: "bad_name" };
    }
    const { accounts, registration } = this.#options;
    const account = await this.#account(user);
    if (account === "damaged") return this.#failed(refuse.damagedAccount(user));
    if (account === null && registration === "closed" && !accounts.isAllowed(user)) {
      const msg = `There is no account ${user}, and this server makes no new ones.`;
      return this.#notNow({ code: "closed", msg });
    }
    if (account === null && accounts.isTaken(user)) {
      return this.#notNow(refuse.nameTaken(user));
    }
    this.#claim = { user, account };
    if (account === null) return { answer: { t: "auth", user, known: false } };
    return { answer: { t: "auth", user, known: true, kdf: account.kdf, salt: account.salt } };
  }

  /** Nobody else gets a damaged account, and its owner is told what it is. */
  async #account(user: string): Promise<Account | null | "damaged"> {
    try {
      return await this.#options.accounts.get(user);
    } catch (failure) {
      if (!(failure instanceof DamagedRecord)) throw failure;
      this.#options.failed(failure);
      return "damaged";
    }
  }

  async #login(account: Account, command: CommandOf<"login">): Promise<Step> {
    const { accounts, channel, guesses, address, uptime } = this.#options;
    const wait = guesses.beforeLogin(account.user, { address, now: uptime() });
    if (wait > 0) return this.#later(wait);
    guesses.wrong(account.user, { address, now: uptime() });
    if (!(await accounts.verify(account, command.sig, channel))) return this.#again("bad_login");
    guesses.right(account.user, { address, now: uptime() });
    const presence = command.quiet === true ? "quiet" : "shown";
    return { admitted: account, created: false, presence };
  }

  async #register(user: string, command: CommandOf<"register">): Promise<Step> {
    const { accounts, channel, now, newest, guesses, address, uptime } = this.#options;
    const wait = guesses.register({ address, now: uptime() });
    if (wait > 0) return this.#later(wait);
    const options = { channel, now: now(), cursor: newest() };
    const result: Registration = await accounts.register(user, command, options);
    if ("account" in result) {
      return { admitted: result.account, created: true, presence: "shown" };
    }
    return this.#again(result.refused);
  }

  #later(seconds: number): Step {
    this.#claim = null;
    return this.#notNow(refuse.tooManyGuesses(seconds));
  }

  /** So often and no more: names are not to be asked for at full speed. */
  #notNow(refusal: Refusal): Step {
    const answer = error(refusal);
    return ++this.#refusals < this.#options.policy.badNames
      ? { answer }
      : { answer, end: refusal.code };
  }

  #again(code: "bad_login" | "name_taken" | "bad_request"): Step {
    const user = this.#claim?.user ?? "";
    this.#claim = null;
    const msg = {
      bad_login: "Incorrect password.",
      name_taken: `The name ${user} is taken.`,
      bad_request: "The registration is not well-formed.",
    }[code];
    const answer = error({ code, msg });
    if (code === "name_taken") return this.#notNow({ code, msg });
    return ++this.#wrong < this.#options.policy.wrongPasswords
      ? { answer }
      : { answer, end: "bad_login" };
  }
}

function error(refusal: Refusal): EventOf<"error"> {
  return { t: "error", ...refusal };
}
