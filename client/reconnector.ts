/**
 * From a lost connection to the next one: waits, connects, logs in, asks nothing.
 *
 * A person's client tries for as long as it runs; a pipe gives up after `--timeout` seconds without a
 * connection. Whatever fails may be over soon, but for another key, another database, or an account that
 * is not there any more. Each cause is said once.
 * Source: PRODUCT §2; FTC1 §4.7.
 *
 * @module
 */

import { LinkError } from "../transport/link_error.ts";
import type { Account } from "./account.ts";
import type { Backoff } from "./backoff.ts";
import { ClientError } from "./client_error.ts";
import type { Connection, Connector } from "./connector.ts";
import type { Credentials } from "./credentials.ts";
import type { Aftermath } from "./ending.ts";
import { explainLinkError } from "./errors.ts";
import type { Face } from "./face.ts";
import { unlessLeft } from "./leaving.ts";
import type { LoginPresence } from "./login_exchange.ts";
import { logInAgain, type ReloginOutcome } from "./relogin.ts";

/** What reconnecting needs. */
export interface ReconnectorOptions {
  /** Makes connections. */
  readonly connector: Pick<Connector, "connect">;
  /** Whether others are told; they are where nothing is said. */
  readonly presence?: LoginPresence | undefined;
  /** Who logs in. */
  readonly account: Account;
  /** Asks for a password that was changed elsewhere. */
  readonly credentials: Credentials;
  /** Whoever uses it. */
  readonly face: Face;
  /** How long to wait. */
  readonly backoff: Backoff;
  /** Waits so many seconds, or until the signal is aborted. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Told how many seconds it waits before it tries; `null` when it tries. */
  readonly waiting?: ((seconds: number | null) => void) | undefined;
  /** Seconds without a connection after which a pipe gives up. */
  readonly timeout: number;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
}

/** When to stop waiting. */
export interface ReconnectSignals {
  /** Aborted when the user leaves. */
  readonly left: AbortSignal;
  /** Aborted when the machine wakes from sleep: the next try is now. */
  readonly woke: () => AbortSignal;
}

/** A connection that has logged in again, or why there is none. */
export type Reconnected =
  | Connection & { readonly type: "open"; readonly last: number }
  | { readonly type: "over"; readonly text: string };

type Outcome = Reconnected | Exclude<ReloginOutcome, { readonly type: "open" }>;

/** Makes the next connection of a session. */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  #said = "";

  /**
   * Makes a reconnector.
   *
   * @param options Who, where to, how often.
   */
  constructor(options: ReconnectorOptions) {
    this.#options = options;
  }

  /**
   * Waits and connects until that succeeds or is hopeless.
   *
   * @param cause Why the connection before has ended.
   * @param signals What cuts the waiting short.
   * @returns The connection, or why there will be none.
   * @throws {NoCredentials} When the user leaves.
   */
  async after(
    cause: Extract<Aftermath, { readonly type: "again" }>,
    { left, woke }: ReconnectSignals,
  ): Promise<Reconnected> {
    const { backoff, face, pause, timeout, uptime, waiting } = this.#options;
    const lostAt = uptime();
    let text = cause.text;
    let seconds = cause.seconds ?? backoff.next();
    this.#said = "";
    while (true) {
      await this.#say(text, seconds);
      waiting?.(seconds);
      await pause(seconds, AbortSignal.any([left, woke()]));
      waiting?.(null);
      const outcome = await unlessLeft(left, this.#attempt(left));
      if (outcome.type === "open") await face.notice("Connected again.");
      if (outcome.type !== "later") return outcome;
      const rest = timeout - (uptime() - lostAt) / 1_000;
      if (face.input === "pipe" && rest <= 0) {
        return { type: "over", text: `${outcome.text} Given up after ${timeout} s.` };
      }
      text = outcome.text;
      seconds = Math.max(backoff.next(), outcome.seconds);
      if (face.input === "pipe") seconds = Math.min(seconds, rest);
    }
  }

  async #say(text: string, seconds: number): Promise<void> {
    if (text === this.#said) return;
    this.#said = text;
    const when = seconds < 0.5 ? "Trying again." : `Trying again in ${Math.ceil(seconds)} s.`;
    await this.#options.face.notice(`${text} ${when}`);
  }

  async #attempt(left: AbortSignal): Promise<Outcome> {
    const { connector, face, timeout, account, credentials, presence } = this.#options;
    try {
      const connection = await connector.connect({ timeout, signal: left });
      const { link, frames } = connection;
      const leave = () => link.abort();
      left.addEventListener("abort", leave, { once: true });
      if (left.aborted) leave();
      try {
        const outcome = await logInAgain(link, {
          frames,
          account,
          credentials,
          presence,
          notice: (text) => face.notice(text),
        });
        if (outcome.type === "open") {
          return { ...connection, type: "open", last: outcome.welcome.last };
        }
        await link.close();
        return outcome;
      } catch (error) {
        link.abort();
        throw error;
      } finally {
        left.removeEventListener("abort", leave);
      }
    } catch (error) {
      if (error instanceof LinkError) {
        return { type: "later", text: explainLinkError(error), seconds: 0 };
      }
      if (!(error instanceof ClientError)) throw error;
      const type = error.outlook === "final" ? "over" : "later";
      return { type, text: error.message, seconds: 0 };
    }
  }
}
