/**
 * The first connection of a run, to the end of its login.
 *
 * Somebody at a terminal is told at once what is wrong; a pipe tries for `--timeout` seconds, since its
 * server may be starting. A server that says it is busy is tried again in either case.
 * Source: PRODUCT §1; FTC1 §3.12.
 *
 * @module
 */

import type { Backoff } from "./backoff.ts";
import { ClientError } from "./client_error.ts";
import type { Connection, Connector } from "./connector.ts";
import type { Credentials } from "./credentials.ts";
import type { Face } from "./face.ts";
import { unlessLeft } from "./leaving.ts";
import { login, type LoginOutcome } from "./login.ts";
import type { LoginPresence } from "./login_exchange.ts";
import type { ClientOptions } from "./options.ts";
import { serverText } from "./server_text.ts";

/** What the first connection needs. */
export interface FirstConnectionOptions {
  /** Makes connections. */
  readonly connector: Pick<Connector, "connect">;
  /** How long to wait between tries. */
  readonly backoff: Backoff;
  /** Name and password. */
  readonly credentials: Credentials;
  /** What the user chose. */
  readonly options: ClientOptions;
  /** Whether others are told; they are where nothing is said. */
  readonly presence?: LoginPresence | undefined;
  /** Whoever uses it. */
  readonly face: Face;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** Waits so many seconds, or until the signal is aborted. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
}

/** A connection that has logged in for the first time. */
export type Opened = Connection & Extract<LoginOutcome, { readonly type: "open" }>;

/**
 * Connects and logs in.
 *
 * @param options Whom, where to, how long.
 * @returns The connection, or why the login failed, which is to be shown.
 * @throws {ClientError} If no connection comes about.
 * @throws {import("../transport/link_error.ts").LinkError} If it is lost during the login.
 * @throws {NoCredentials} If the user leaves.
 */
export async function connectFirst(
  options: FirstConnectionOptions,
): Promise<Opened | Extract<LoginOutcome, { readonly type: "failed" }>> {
  const { credentials, face, options: { register }, presence, signal, now } = options;
  for (let isFirst = true;; isFirst = false) {
    const connection = await tryToConnect(options);
    const { link, frames } = connection;
    try {
      if (isFirst && presence !== "quiet") {
        await face.notice(`Connected to ${serverText(options.options)}.`);
      }
      const outcome = await unlessLeft(
        signal,
        login(link, {
          frames,
          credentials,
          unknown: register ? "register" : "refuse",
          presence,
          now: () => Math.floor(now() / 1_000),
        }),
      );
      if (outcome.type === "open") {
        credentials.forgetPassword();
        return { ...connection, ...outcome };
      }
      await link.close();
      if (outcome.type === "failed") return outcome;
    } catch (error) {
      await link.close();
      throw error;
    }
  }
}

async function tryToConnect(options: FirstConnectionOptions): Promise<Connection> {
  const { backoff, connector, face, pause, signal, uptime, options: { timeout } } = options;
  const begun = uptime();
  while (true) {
    const rest = timeout - (uptime() - begun) / 1_000;
    try {
      return await connector.connect({ signal, timeout: Math.max(rest, 1) });
    } catch (error) {
      const isHopeful = error instanceof ClientError &&
        (error.outlook === "busy" || (error.outlook === "passing" && face.input === "pipe"));
      if (!isHopeful || rest <= 0 || signal.aborted) throw error;
      const seconds = Math.min(backoff.next(), rest);
      if (face.input === "person") {
        await face.notice(`${error.message} Trying again in ${Math.ceil(seconds)} s.`);
      }
      await pause(seconds, signal);
    }
  }
}
