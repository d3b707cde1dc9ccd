/**
 * One connection after the other, from the first login until the user leaves or there can be no more.
 *
 * @module
 */

import type { Link } from "../transport/link.ts";
import type { Account } from "./account.ts";
import type { Backoff } from "./backoff.ts";
import type { Chat, ChatConnection } from "./chat.ts";
import type { ConnectorOptions } from "./connector.ts";
import { type Credentials, NoCredentials } from "./credentials.ts";
import { afterLink, type FinalEnding } from "./ending.ts";
import type { Opened } from "./first_connection.ts";
import type { LoginPresence } from "./login_exchange.ts";
import { type Reconnected, Reconnector, type ReconnectorOptions } from "./reconnector.ts";
import type { Sealing } from "./sealing.ts";

/** What staying needs of the machine and of the user. */
export interface StayOptions extends Pick<ConnectorOptions, "face" | "log" | "now" | "options"> {
  /** Name and password. */
  readonly credentials: Credentials;
  /** Seconds without a connection after which a pipe gives up coming back; `--timeout` unless told. */
  readonly patience?: number | undefined;
  /** Waits so many seconds, or until the signal is aborted. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Whether others are told of the login; they are where nothing is said. */
  readonly presence?: LoginPresence | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
}

/** What is there after the first login. */
export interface StayState {
  /** Makes the next connections. */
  readonly connector: ReconnectorOptions["connector"];
  /** How long to wait between them. */
  readonly backoff: Backoff;
  /** The first one. */
  readonly opened: Opened;
  /** Uses them. */
  readonly chat: Chat<Link>;
  /** Makes what seals, after a change of keys. */
  readonly seal: () => Promise<Sealing>;
}

/** The connections of a run. */
export class Stay {
  readonly #parts: StayOptions;
  readonly #state: StayState;
  #woke = new AbortController();

  /**
   * Makes it; nothing is read yet.
   *
   * @param parts What it needs.
   * @param state What is there.
   */
  constructor(parts: StayOptions, state: StayState) {
    this.#parts = parts;
    this.#state = state;
  }

  /** Uses one connection after the other; resolves at the end. */
  async ended(): Promise<FinalEnding> {
    const { face, options, now, uptime, log, patience = options.timeout } = this.#parts;
    const { opened, backoff, chat, seal } = this.#state;
    const account: Account = opened.account;
    const reconnector = new Reconnector({
      ...this.#parts,
      ...this.#state,
      account,
      timeout: patience,
      waiting: (seconds) => chat.waiting(seconds === null ? null : now() + seconds * 1_000),
    });
    let connection: ChatConnection<Link> = { ...opened, last: opened.welcome.last };
    while (true) {
      const since = uptime();
      connection.link.open();
      const ending = await chat.converse(connection);
      if (ending.type !== "bye" && ending.type !== "failed") return ending;
      log.debug("connection ended", { ending: ending.type });
      backoff.held(uptime() - since);
      if (ending.type === "bye" && ending.reason === "shutdown") {
        await face.show({ type: "shutdown" });
      }
      const aftermath = afterLink(ending, face.input);
      if (aftermath.type === "over") return aftermath;
      const { root } = account;
      const next = await this.#reconnect(reconnector, aftermath);
      if (next.type !== "open") return next;
      if (account.root !== root) chat.sealWith(await seal());
      connection = next;
    }
  }

  /** The machine woke up: the connection is not to be trusted, and the next try is now. */
  wakeUp(): void {
    this.#parts.log.debug("woke from sleep");
    this.#state.chat.link?.abort();
    this.#woke.abort();
  }

  async #reconnect(
    reconnector: Reconnector,
    aftermath: Parameters<Reconnector["after"]>[0],
  ): Promise<Reconnected | FinalEnding> {
    const { chat } = this.#state;
    try {
      const woke = () => this.#wakeSignal();
      const next = await reconnector.after(aftermath, { left: chat.left, woke });
      this.#parts.credentials.forgetPassword();
      return next;
    } catch (error) {
      if (!(error instanceof NoCredentials)) throw error;
      if (!chat.left.aborted) chat.quit();
      return await chat.ended;
    }
  }

  /** Aborted already, once, where the machine woke up since it was last asked for. */
  #wakeSignal(): AbortSignal {
    const { signal } = this.#woke;
    if (signal.aborted) this.#woke = new AbortController();
    return signal;
  }
}
