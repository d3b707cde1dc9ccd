/**
 * One run of the client: connect, log in, chat, leave.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { FrameObject } from "../protocol/frame.ts";
import type { Link } from "../transport/link.ts";
import { LinkError } from "../transport/link_error.ts";
import { chat } from "./chat.ts";
import { ClientError } from "./client_error.ts";
import { connect, type ConnectOptions } from "./connect.ts";
import { type Credentials, isYes, NoCredentials } from "./credentials.ts";
import { lastWords } from "./ending.ts";
import { explainLinkError } from "./errors.ts";
import type { Face } from "./face.ts";
import type { KnownHostsFile } from "./known_hosts_file.ts";
import type { Logger } from "./log.ts";
import { login, type LoginOutcome } from "./login.ts";
import type { ClientOptions } from "./options.ts";
import { serverText } from "./server_text.ts";
import { Session } from "./session.ts";

/** What a run needs. */
export interface RunOptions extends Pick<ConnectOptions, "dial" | "secret" | "signal"> {
  /** What the user chose. */
  readonly options: ClientOptions;
  /** Whoever uses it. */
  readonly face: Face;
  /** Name and password. */
  readonly credentials: Credentials;
  /** The servers that are known; `null` where there is no place for that file. */
  readonly file: KnownHostsFile | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The log. */
  readonly log: Logger;
}

/**
 * Runs the client.
 *
 * @param parts What it needs.
 * @returns The exit code: 0 normal end, 1 not connected or not logged in, 3 not all of a piped input
 *   is stored.
 */
export async function run(parts: RunOptions): Promise<number> {
  try {
    return await new Run(parts).run();
  } catch (error) {
    if (parts.signal.aborted) return 1;
    if (error instanceof NoCredentials) return parts.face.input === "pipe" ? 1 : 0;
    if (error instanceof ClientError) {
      await parts.face.notice(error.message);
      return 1;
    }
    if (error instanceof LinkError) {
      await parts.face.notice(explainLinkError(error));
      return 1;
    }
    throw error;
  }
}

class Run {
  readonly #parts: RunOptions;
  /** The key of the run: what a later connection must show (FTC1 §3.13). */
  #fingerprint: string | undefined;

  constructor(parts: RunOptions) {
    this.#parts = parts;
    this.#fingerprint = parts.options.fingerprint;
  }

  async run(): Promise<number> {
    const { options, file, face } = this.#parts;
    if (options.forget && await file?.forget(options)) {
      await face.notice(`The fingerprint of ${serverText(options)} is forgotten.`);
    }
    while (true) {
      const link = await this.#connect();
      const frames = this.#traced(link);
      const outcome = await this.#logIn(link, frames);
      if (outcome.type === "open") return await this.#chat(link, { frames, outcome });
      await link.close();
      if (outcome.type === "again") continue;
      await face.show({ type: "refused", text: outcome.text });
      return 1;
    }
  }

  async #connect(): Promise<Link> {
    const { options, file, face, now, log } = this.#parts;
    const { host, port } = options;
    const isFirst = this.#fingerprint === undefined || this.#fingerprint === options.fingerprint;
    log.debug("connecting", { host, port });
    const link = await connect({ host, port }, {
      ...this.#parts,
      timeout: options.timeout,
      pin: {
        host,
        port,
        file,
        fingerprint: this.#fingerprint,
        unknown: options.strict ? "ask" : "pin",
        today: new Date(now()).toISOString().slice(0, 10),
        notice: (text) => face.notice(text),
        confirm: (question) => this.#confirm(question),
      },
    });
    this.#fingerprint = link.session.fingerprint;
    const { version, fingerprint } = link.session;
    log.debug("handshake done", { version, fingerprint });
    if (isFirst) await face.notice(`Connected to ${serverText(options)}.`);
    return link;
  }

  async #confirm(question: string): Promise<boolean> {
    const { face } = this.#parts;
    if (face.input === "pipe") return false;
    const answer = await face.ask(`${question} [y/N] `);
    return answer !== null && isYes(answer);
  }

  async #logIn(link: Link, frames: AsyncGenerator<FrameObject, void>): Promise<LoginOutcome> {
    const { signal, credentials, options, now } = this.#parts;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(new NoCredentials());
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    try {
      const outcome = login(link, {
        frames,
        credentials,
        unknown: options.register ? "register" : "refuse",
        now: () => Math.floor(now() / 1_000),
      });
      return await Promise.race([outcome, left.promise]);
    } catch (error) {
      await link.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #chat(
    link: Link,
    { frames, outcome }: {
      readonly frames: AsyncGenerator<FrameObject, void>;
      readonly outcome: Extract<LoginOutcome, { type: "open" }>;
    },
  ): Promise<number> {
    const { face, signal, log } = this.#parts;
    const { welcome, isNew } = outcome;
    const { user, cursor, last } = welcome;
    link.open();
    log.debug("logged in", { user, isNew, cursor, last });
    face.loggedIn(user);
    if (isNew) await face.show({ type: "account_created", user });
    await face.show({ type: "welcome", user });
    const session = new Session({ welcome, isNew, missed: face.missed, newId });
    const { ending, unstored } = await chat({ link, frames, session, face, signal });
    log.debug("ended", { ending: ending.type, ...unstored });
    const words = lastWords(ending, unstored, face);
    if (words.shown !== undefined) await face.show(words.shown);
    for (const notice of words.notices) await face.notice(notice);
    return words.code;
  }

  async *#traced(link: Link): AsyncGenerator<FrameObject, void> {
    for await (const frame of link.receive()) {
      const { t, id, re, code } = frame;
      this.#parts.log.debug("received", { t, id, re, code });
      yield frame;
    }
  }
}

function newId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
