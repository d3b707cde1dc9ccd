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
 * Whoever is not asked (a pipe) has one try. Source: FTC1 §3.11, §4; PRODUCT §2.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url, InvalidBase64Url } from "../cipher/base64url.ts";
import { deriveLogin, KDF_NUMBER, type LoginKeys, signLogin } from "../cipher/login.ts";
import { decodeEvent, encodeCommand } from "../protocol/codec.ts";
import type { CommandInput } from "../protocol/command.ts";
import type { Event, EventOf } from "../protocol/event.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { LinkError } from "../transport/link_error.ts";
import { explainBye } from "./ending.ts";
import type { Credentials } from "./credentials.ts";
import { makeRegistration } from "./registration.ts";

/** What a login needs of a link. */
export interface LoginLink {
  /** What the handshake agreed on. */
  readonly session: { readonly realm: Uint8Array; readonly channelBinding: Uint8Array };
  /** Queues a text. */
  send(text: Uint8Array): void;
}

/** What a login needs. */
export interface LoginOptions {
  /** The frames of the link, from the first on. */
  readonly frames: AsyncIterator<FrameObject, void, undefined>;
  /** Name and password, from wherever they come. */
  readonly credentials: Credentials;
  /** Whether an unknown name becomes an account. */
  readonly unknown: "register" | "refuse";
  /** Unix seconds. */
  readonly now: () => number;
}

/** How a login ended. */
export type LoginOutcome =
  | {
    readonly type: "open";
    readonly welcome: EventOf<"welcome">;
    readonly isNew: boolean;
  }
  /** The name was not meant, or typing took too long: once more, over a new connection. */
  | { readonly type: "again" }
  /** Given up; `text` has been agreed with nobody yet and is to be shown. */
  | { readonly type: "failed"; readonly text: string };

/** Wrong passwords that one connection may try (FTC1 §4.5). */
const TRIES = 3;

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
  return await new Login(link, options).run();
}

type Answer = Exclude<Event, EventOf<"bye">>;

class Login {
  readonly #link: LoginLink;
  readonly #options: LoginOptions;
  #wrong = 0;

  constructor(link: LoginLink, options: LoginOptions) {
    this.#link = link;
    this.#options = options;
  }

  async run(): Promise<LoginOutcome> {
    try {
      while (true) {
        const outcome = await this.#attempt();
        if (outcome !== "retry") return outcome;
      }
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      // What was typed is kept, so that somebody slow is not asked for it again.
      if (error.reason === "timeout" && this.#options.credentials.input === "person") {
        return { type: "again" };
      }
      return { type: "failed", text: explainBye(error.reason) };
    }
  }

  async #attempt(): Promise<LoginOutcome | "retry"> {
    const { credentials } = this.#options;
    const user = await credentials.name();
    const answer = await this.#ask({ t: "auth", user });
    if (answer.t === "error") return await this.#refused(answer);
    // Another name would make the password's key useful for that account (FTC1 §4.2).
    if (answer.t !== "auth" || answer.user !== user) throw new LinkError("bad_frame");
    return answer.known ? await this.#logIn(user, answer) : await this.#register(user);
  }

  async #logIn(user: string, auth: EventOf<"auth">): Promise<LoginOutcome | "retry"> {
    const salt = checkedSalt(auth);
    const { realm, channelBinding } = this.#link.session;
    const password = await this.#options.credentials.password(user);
    const keys = await deriveLogin(password, { realm, salt, user });
    return await this.#prove(user, keys, { realm, channelBinding });
  }

  async #prove(
    user: string,
    { signKey }: LoginKeys,
    session: LoginLink["session"],
  ): Promise<LoginOutcome | "retry"> {
    const signature = await signLogin(signKey, { ...session, user });
    const answer = await this.#ask({ t: "login", sig: encodeBase64Url(signature) });
    if (answer.t === "welcome") return opened(answer, { user, isNew: false });
    if (answer.t === "error") return await this.#refused(answer);
    throw new LinkError("bad_frame");
  }

  async #register(user: string): Promise<LoginOutcome | "retry"> {
    const { credentials, unknown, now } = this.#options;
    if (unknown === "refuse") return { type: "failed", text: `User ${user} does not exist.` };
    if (!await credentials.isMeant(user)) {
      credentials.forgetName();
      return { type: "again" };
    }
    const password = await credentials.newPassword(user);
    const { realm, channelBinding } = this.#link.session;
    const context = { realm, channelBinding, user };
    const answer = await this.#ask(await makeRegistration(password, context, { now: now() }));
    if (answer.t === "welcome") return opened(answer, { user, isNew: true });
    if (answer.t === "error") return await this.#refused(answer);
    throw new LinkError("bad_frame");
  }

  async #refused(error: EventOf<"error">): Promise<LoginOutcome | "retry"> {
    const { credentials } = this.#options;
    const wrong = error.code === "bad_login";
    const text = wrong ? "Incorrect password." : withDelay(error);
    if (wrong) this.#wrong++;
    if (this.#wrong >= TRIES || credentials.input === "pipe") return { type: "failed", text };
    await credentials.complain(text);
    credentials.forgetPassword();
    if (!wrong && error.code !== "try_later") credentials.forgetName();
    return "retry";
  }

  async #ask(command: CommandInput): Promise<Answer> {
    this.#link.send(encodeCommand(command));
    while (true) {
      const next = await this.#options.frames.next();
      if (next.done === true) throw new LinkError("truncated");
      const decoded = decodeEvent(next.value);
      if (!decoded.ok) {
        // What is not known is ignored (docs/PROTOCOL.md); what is known must be right.
        if (decoded.code === "unknown_type") continue;
        throw new LinkError("bad_frame");
      }
      if (decoded.value.t === "bye") throw new Ended(decoded.value.reason);
      return decoded.value;
    }
  }
}

/** The server said goodbye. */
class Ended extends Error {
  constructor(readonly reason: string | undefined) {
    super("Cannot log in: the server said goodbye");
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

function opened(
  welcome: EventOf<"welcome">,
  { user, isNew }: { readonly user: string; readonly isNew: boolean },
): LoginOutcome {
  if (welcome.user !== user) throw new LinkError("bad_frame");
  return { type: "open", welcome, isNew };
}

function withDelay({ msg, after }: EventOf<"error">): string {
  return after === undefined ? msg : `${msg} (in ${Math.ceil(after).toLocaleString("en")} s)`;
}
