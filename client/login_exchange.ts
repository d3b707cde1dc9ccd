/**
 * Question and answer before a session is open: what every login is made of.
 *
 * Source: FTC1 §3.11, §4.2, §4.3.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url, InvalidBase64Url } from "../cipher/base64url.ts";
import { KDF_NUMBER, signLogin } from "../cipher/login.ts";
import { decodeEvent, encodeCommand } from "../protocol/codec.ts";
import type { CommandInput } from "../protocol/command.ts";
import type { Event, EventOf } from "../protocol/event.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { LinkError } from "../transport/link_error.ts";

/** What a login needs of a link. */
export interface LoginLink {
  /** What the handshake agreed on. */
  readonly session: { readonly realm: Uint8Array; readonly channelBinding: Uint8Array };
  /** Queues a text. */
  send(text: Uint8Array): void;
}

/** The frames of a link, from the first on. */
export type Frames = AsyncIterator<FrameObject, void, undefined>;

/** Whether a login tells the others, and is told of them (docs/PROTOCOL.md, "Log in"). */
export type LoginPresence = "shown" | "quiet";

/** Anything that answers. */
export type Answer = Exclude<Event, EventOf<"bye"> | EventOf<"ping">>;

/** Wrong passwords that one connection may try (FTC1 §4.5). */
export const TRIES = 3;

/** Milliseconds in which the server must answer: there are no pings yet that could find it dead. */
const ANSWER_MS = 30_000;

/** The server said goodbye instead of answering. */
export class SaidBye extends Error {
  /** Tells it from other errors. */
  override readonly name = "SaidBye";

  /**
   * Makes the error.
   *
   * @param reason What the server gave as the reason.
   */
  constructor(readonly reason: string | undefined) {
    super("Cannot log in: the server said goodbye");
  }
}

/** One link on the way to a session. */
export class LoginExchange {
  readonly #link: LoginLink;
  readonly #frames: Frames;
  readonly #presence: LoginPresence;

  /**
   * Begins; nothing is sent yet.
   *
   * @param link The connection, its pin checked.
   * @param frames Its frames.
   * @param presence Whether others are told.
   */
  constructor(link: LoginLink, frames: Frames, presence: LoginPresence = "shown") {
    this.#link = link;
    this.#frames = frames;
    this.#presence = presence;
  }

  /** What signatures are made for. */
  get session(): LoginLink["session"] {
    const { realm, channelBinding } = this.#link.session;
    return { realm, channelBinding };
  }

  /**
   * Asks.
   *
   * @param command What.
   * @returns The answer; what is not known is passed over.
   * @throws {SaidBye} If that is the answer.
   * @throws {LinkError} If the connection fails or what is known is wrong (`bad_frame`).
   */
  async ask(command: CommandInput): Promise<Answer> {
    this.#link.send(encodeCommand(command));
    while (true) {
      const next = await inTime(this.#frames.next());
      if (next.done === true) throw new LinkError("truncated");
      const decoded = decodeEvent(next.value);
      if (!decoded.ok) {
        if (decoded.code === "unknown_type") continue;
        throw new LinkError("bad_frame");
      }
      // It answers nothing; some servers send it while a password is being typed.
      if (decoded.value.t === "ping") continue;
      if (decoded.value.t === "bye") throw new SaidBye(decoded.value.reason);
      return decoded.value;
    }
  }

  /**
   * Says who wants to log in.
   *
   * @param user Canonical name.
   * @returns The salt, `unknown` where there is no such account, or the refusal.
   * @throws {SaidBye} As {@linkcode ask}.
   * @throws {LinkError} As {@linkcode ask}; `bad_frame` for another name or derivation as well.
   */
  async introduce(user: string): Promise<Uint8Array | "unknown" | EventOf<"error">> {
    const answer = await this.ask({ t: "auth", user });
    if (answer.t === "error") return answer;
    // Another name would make the password's key useful for that account (FTC1 §4.2).
    if (answer.t !== "auth" || answer.user !== user) throw new LinkError("bad_frame");
    return answer.known ? checkedSalt(answer) : "unknown";
  }

  /**
   * Proves the account.
   *
   * @param user Canonical name.
   * @param signKey The login key.
   * @returns The welcome, or the refusal.
   * @throws {SaidBye} As {@linkcode ask}.
   * @throws {LinkError} As {@linkcode ask}.
   */
  async prove(user: string, signKey: CryptoKey): Promise<EventOf<"welcome"> | EventOf<"error">> {
    const signature = await signLogin(signKey, { ...this.session, user });
    const quiet = this.#presence === "quiet" ? { quiet: true } as const : {};
    return await this.enter(user, { t: "login", sig: encodeBase64Url(signature), ...quiet });
  }

  /**
   * Asks for what is answered with a welcome.
   *
   * @param user Canonical name.
   * @param command `login` or `register`.
   * @returns The welcome, or the refusal.
   * @throws {SaidBye} As {@linkcode ask}.
   * @throws {LinkError} As {@linkcode ask}.
   */
  async enter(
    user: string,
    command: CommandInput,
  ): Promise<EventOf<"welcome"> | EventOf<"error">> {
    const answer = await this.ask(command);
    if (answer.t === "error") return answer;
    if (answer.t !== "welcome" || answer.user !== user) throw new LinkError("bad_frame");
    return answer;
  }
}

/**
 * Says why a login was refused.
 *
 * @param error The server's answer.
 * @returns Its sentence, with the time to wait where it does not say that itself.
 */
export function withDelay({ msg, after }: EventOf<"error">): string {
  if (after === undefined) return msg;
  const seconds = Math.ceil(after);
  if (msg.includes(`in ${seconds} s`)) return msg;
  return `${msg} (in ${seconds.toLocaleString("en")} s)`;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new LinkError("timeout")), ANSWER_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function checkedSalt({ kdf, salt }: EventOf<"auth">): Uint8Array {
  if (kdf !== KDF_NUMBER || salt === undefined) throw new LinkError("bad_frame");
  try {
    return decodeBase64Url(salt, { length: 16 });
  } catch (cause) {
    if (cause instanceof InvalidBase64Url) throw new LinkError("bad_frame", { cause });
    throw cause;
  }
}
