/**
 * Connections of one run, all to the same server.
 *
 * The first one is checked against what is known; every later one must show the key and the realm of the
 * first. `known_hosts` is not asked again, so that nobody can change it meanwhile.
 * Source: FTC1 §3.11, §3.13, §4.7.
 *
 * @module
 */

import { equal } from "../cipher/bytes.ts";
import type { FrameObject } from "../protocol/frame.ts";
import type { Link } from "../transport/link.ts";
import { ClientError } from "./client_error.ts";
import { connect, type ConnectOptions } from "./connect.ts";
import { isYes } from "./credentials.ts";
import type { Face } from "./face.ts";
import type { KnownHostsFile } from "./known_hosts_file.ts";
import type { Logger } from "./log.ts";
import type { ClientOptions } from "./options.ts";
import type { PinOptions } from "./pin.ts";
import { serverText } from "./server_text.ts";

/** What connecting needs. */
export interface ConnectorOptions extends Pick<ConnectOptions, "dial" | "secret"> {
  /** What the user chose. */
  readonly options: ClientOptions;
  /** Whoever uses it. */
  readonly face: Face;
  /** The servers that are known; `null` where there is no place for that file. */
  readonly file: KnownHostsFile | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The log. */
  readonly log: Logger;
}

/** A connection whose server is the right one. */
export interface Connection {
  /** Sends. */
  readonly link: Link;
  /** Its frames; only their types go to the log. */
  readonly frames: AsyncGenerator<FrameObject, void, undefined>;
}

/** Makes the connections of one run. */
export class Connector {
  readonly #options: ConnectorOptions;
  #server: { readonly fingerprint: string; readonly realm: Uint8Array } | null = null;

  /**
   * Makes a connector; nothing is connected yet.
   *
   * @param options How.
   */
  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /**
   * Connects.
   *
   * @param options `timeout`: seconds that it may take. `signal`: aborted when the user leaves.
   * @returns The connection, to be closed by the caller.
   * @throws {ClientError} If it does not come about; its outlook says whether to try again.
   */
  async connect(options: {
    readonly timeout: number;
    readonly signal: AbortSignal;
  }): Promise<Connection> {
    const { dial, secret, log, options: { host, port } } = this.#options;
    log.debug("connecting", { host, port });
    const link = await connect({ host, port }, { ...options, dial, secret, pin: this.#pin() });
    const { version, fingerprint, realm } = link.session;
    log.debug("handshake done", { version, fingerprint });
    if (this.#server !== null && !equal(this.#server.realm, realm)) {
      link.abort();
      throw new ClientError(
        `Not connected: ${
          serverText(this.#options.options)
        } has another database than before, so ` +
          "accounts there are new. Ask its operator.",
      );
    }
    this.#server ??= { fingerprint, realm };
    return { link, frames: this.#traced(link) };
  }

  #pin(): PinOptions {
    const { options, face, file, now } = this.#options;
    const { host, port, strict } = options;
    return {
      host,
      port,
      file,
      fingerprint: this.#server?.fingerprint ?? options.fingerprint,
      unknown: strict ? "ask" : "pin",
      today: new Date(now()).toISOString().slice(0, 10),
      notice: (text) => face.notice(text),
      confirm: (question) => this.#confirm(question),
    };
  }

  async #confirm(question: string): Promise<boolean> {
    const { face } = this.#options;
    if (face.input === "pipe") return false;
    const answer = await face.ask(`${question} [y/N] `);
    return answer !== null && isYes(answer);
  }

  async *#traced(link: Link): AsyncGenerator<FrameObject, void, undefined> {
    for await (const frame of link.receive()) {
      const { t, id, re, code } = frame;
      this.#options.log.debug("received", { t, id, re, code });
      yield frame;
    }
  }
}
