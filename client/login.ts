/**
 * From a checked connection to a session: the client's states from "ask name" to "open".
 *
 * | state | event | next |
 * |---|---|---|
 * | ask name | have name: send `auth` | wait auth |
 * | wait auth | `auth` with kdf 1 and the name as canonicalised here: send `login` or `register` | wait welcome |
 * | wait welcome | `welcome` | open |
 * | either | `error`: show | ask name |
 *
 * Whoever is not asked (a pipe) has one try. Where the link has ended while a person was typing, what he
 * typed is used over another one. Source: FTC1 §3.11, §4; PRODUCT §2.
 *
 * @module
 */

import { deriveLogin } from "../cipher/login.ts";
import type { EventOf } from "../protocol/event.ts";
import { LinkError } from "../transport/link_error.ts";
import { Account } from "./account.ts";
import type { Credentials } from "./credentials.ts";
import { explainBye } from "./ending.ts";
import {
  type Frames,
  LoginExchange,
  type LoginLink,
  type LoginPresence,
  SaidBye,
  TRIES,
  withDelay,
} from "./login_exchange.ts";
import { makeRegistration } from "./registration.ts";
import { rootIn } from "./vault_root.ts";

/** What a login needs. */
export interface LoginOptions {
  /** The frames of the link, from the first on. */
  readonly frames: Frames;
  /** Name and password, from wherever they come. */
  readonly credentials: Credentials;
  /** Whether an unknown name becomes an account. */
  readonly unknown: "register" | "refuse";
  /** Whether others are told; they are where nothing is said. */
  readonly presence?: LoginPresence | undefined;
  /** Unix seconds. */
  readonly now: () => number;
}

/** How a login ended. */
export type LoginOutcome =
  | {
    readonly type: "open";
    readonly welcome: EventOf<"welcome">;
    readonly account: Account;
    readonly isNew: boolean;
  }
  /** The name was not meant, or the link ended while somebody typed: once more, over a new connection. */
  | { readonly type: "again" }
  /** Given up; `text` has been agreed with nobody yet and is to be shown. */
  | { readonly type: "failed"; readonly text: string };

/**
 * Logs in or registers.
 *
 * @param link The connection, its pin checked.
 * @param options Frames, credentials, what to do with unknown names.
 * @returns How it ended. The caller says `bye` where it did not open.
 * @throws {LinkError} If the connection fails, or the server answers what it must not (`bad_frame`).
 * @throws {NoCredentials} If the user leaves instead of answering.
 */
export async function login(link: LoginLink, options: LoginOptions): Promise<LoginOutcome> {
  const exchange = new LoginExchange(link, options.frames, options.presence);
  return await new Login(exchange, options).run();
}

/** Goodbyes that say nothing about the one who wants to log in. */
const ORDINARY_BYES: ReadonlySet<string | undefined> = new Set([
  undefined,
  "timeout",
  "shutdown",
  "slow",
  "rekey",
]);

class Login {
  readonly #exchange: LoginExchange;
  readonly #options: LoginOptions;
  readonly #asked: number;
  #wrong = 0;

  constructor(exchange: LoginExchange, options: LoginOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#asked = options.credentials.questions;
  }

  async run(): Promise<LoginOutcome> {
    try {
      while (true) {
        const outcome = await this.#attempt();
        if (outcome !== "retry") return outcome;
      }
    } catch (error) {
      // What was typed is kept, so that somebody slow is not asked for it again.
      if (this.#wasTyping && isOrdinaryEnd(error)) return { type: "again" };
      if (!(error instanceof SaidBye)) throw error;
      return { type: "failed", text: explainBye(error.reason) };
    }
  }

  /** Over a link on which nobody had to be asked, the same would happen again and again. */
  get #wasTyping(): boolean {
    const { input, questions } = this.#options.credentials;
    return input === "person" && questions > this.#asked;
  }

  async #attempt(): Promise<LoginOutcome | "retry"> {
    const user = await this.#options.credentials.name();
    const salt = await this.#exchange.introduce(user);
    if (salt === "unknown") return await this.#register(user);
    return salt instanceof Uint8Array ? await this.#logIn(user, salt) : await this.#refused(salt);
  }

  async #logIn(user: string, salt: Uint8Array): Promise<LoginOutcome | "retry"> {
    const { realm } = this.#exchange.session;
    const password = await this.#options.credentials.password(user);
    const { vaultKey, ...keys } = await deriveLogin(password, { realm, salt, user });
    const answer = await this.#exchange.prove(user, keys.signKey);
    if (answer.t === "error") return await this.#refused(answer);
    const root = await rootIn(answer.vault, { vaultKey, realm, user });
    const account = new Account({ user, realm, root, proof: { salt, ...keys } });
    return { type: "open", welcome: answer, account, isNew: false };
  }

  async #register(user: string): Promise<LoginOutcome | "retry"> {
    const { credentials, unknown, now } = this.#options;
    if (unknown === "refuse") return { type: "failed", text: `User ${user} does not exist.` };
    if (!await credentials.isMeant(user)) {
      credentials.forgetName();
      return { type: "again" };
    }
    const password = await credentials.newPassword(user);
    const context = { ...this.#exchange.session, user };
    const { command, account } = await makeRegistration(password, context, { now: now() });
    const answer = await this.#exchange.enter(user, command);
    if (answer.t === "error") return await this.#refused(answer);
    return { type: "open", welcome: answer, account, isNew: true };
  }

  async #refused(error: EventOf<"error">): Promise<LoginOutcome | "retry"> {
    const { credentials } = this.#options;
    const wrong = error.code === "bad_login";
    const text = wrong ? "Incorrect password." : withDelay(error);
    if (wrong || error.code === "try_later") this.#wrong++;
    if (this.#wrong >= TRIES || credentials.input === "pipe") return { type: "failed", text };
    await credentials.complain(text);
    credentials.forgetPassword();
    if (!wrong && error.code !== "try_later") credentials.forgetName();
    return "retry";
  }
}

/** Whether a link has ended as it may while nobody uses it. */
function isOrdinaryEnd(error: unknown): boolean {
  if (error instanceof SaidBye) return ORDINARY_BYES.has(error.reason);
  return error instanceof LinkError && (error.code === "truncated" || error.code === "timeout");
}
