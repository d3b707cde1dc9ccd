/**
 * A second look at an account, in this process and over the real protocol: where its cursor stands, and
 * what its history holds.
 *
 * It shows nothing, so it confirms nothing: it never sends `seen`.
 *
 * Source: docs/PROTOCOL.md, "Log in", "history".
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin, type LoginKeys, signLogin } from "../../cipher/login.ts";
import { decodeEvent, encodeCommand } from "../../protocol/codec.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Event, EventOf, MessageEntry } from "../../protocol/event.ts";
import type { FrameObject } from "../../protocol/frame.ts";
import { openClientLink } from "../../transport/client_link.ts";
import type { Link } from "../../transport/link.ts";

/** An account and, once they have been derived, its keys: that takes a while. */
export interface Access {
  /** Canonical name. */
  readonly user: string;
  /** The password. */
  readonly password: string;
  /** The keys, kept here by the first login. */
  keys?: LoginKeys;
}

/** Entries asked for at once. */
const PAGE = 1_000;

/** A session that only reads. */
export class Reader implements AsyncDisposable {
  /** The welcome. */
  readonly welcome: EventOf<"welcome">;
  readonly #line: Line;

  private constructor(line: Line, welcome: EventOf<"welcome">) {
    this.#line = line;
    this.welcome = welcome;
  }

  /**
   * Logs in.
   *
   * @param port The server's on 127.0.0.1.
   * @param access The account.
   * @throws {Error} If it is not let in.
   */
  static async open(port: number, access: Access): Promise<Reader> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const line = new Line(await openClientLink(conn));
    try {
      const { user } = access;
      const auth = await line.ask({ t: "auth", user }, "auth");
      const { realm, channelBinding } = line.link.session;
      const salt = decodeBase64Url(auth.salt ?? "", { length: 16 });
      const keys = access.keys ??= await deriveLogin(access.password, { realm, salt, user });
      const sig = encodeBase64Url(await signLogin(keys.signKey, { realm, channelBinding, user }));
      const welcome = await line.ask({ t: "login", sig }, "welcome");
      line.link.open();
      return new Reader(line, welcome);
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** All messages that the account may read, the oldest first. */
  async history(): Promise<MessageEntry[]> {
    const all: MessageEntry[] = [];
    for (let after = 0, more = true, page = 0; more; page++) {
      const answer = await this.#line.ask(
        { t: "history", id: `page ${page}`, after, limit: PAGE, from: "oldest" },
        "history",
      );
      all.push(...answer.entries.filter((entry) => entry.t === "message"));
      after = answer.entries.at(-1)?.id ?? after;
      more = answer.more;
    }
    return all;
  }

  /** Says goodbye. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line.close();
  }
}

/** Questions and answers on a link, one at a time. */
class Line {
  readonly link: Link;
  readonly #frames: AsyncGenerator<FrameObject, void>;

  constructor(link: Link) {
    this.link = link;
    this.#frames = link.receive();
  }

  async ask<T extends Event["t"]>(command: CommandInput, type: T): Promise<EventOf<T>> {
    this.link.send(encodeCommand(command));
    for (let next = await this.#frames.next(); !next.done; next = await this.#frames.next()) {
      const decoded = decodeEvent(next.value);
      if (!decoded.ok) continue;
      if (decoded.value.t === type) return decoded.value as EventOf<T>;
      if (decoded.value.t === "error" || decoded.value.t === "bye") {
        throw new Error(`Cannot ask ${command.t}: got ${JSON.stringify(decoded.value)}`);
      }
    }
    throw new Error(`Cannot ask ${command.t}: the connection ended`);
  }

  async close(): Promise<void> {
    this.link.send(encodeCommand({ t: "bye" }));
    // The server answers; whatever comes before is not looked at.
    try {
      for await (const frame of this.#frames) if (frame.t === "bye") break;
    } catch {
      // It is gone already.
    }
    this.link.abort();
  }
}
