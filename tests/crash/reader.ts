/**
 * A second look at an account, in this process and over the real protocol: where its cursor stands, and
 * what its history holds.
 *
 * Direct and group messages are opened with the client's own end-to-end encryption, which remembers
 * nothing here but what it fetches: what a machine sees that has only the password. It shows nothing, so
 * it confirms nothing: it never sends `seen`.
 *
 * Source: docs/PROTOCOL.md, "Log in", "history".
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin, type LoginKeys, signLogin } from "../../cipher/login.ts";
import { openVault } from "../../cipher/vault.ts";
import { EndToEnd } from "../../client/end_to_end/end_to_end.ts";
import type { OpenedEntry } from "../../client/opened.ts";
import { decodeEvent, encodeCommand } from "../../protocol/codec.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Event, EventOf } from "../../protocol/event.ts";
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

/** What a history holds. */
export interface History {
  /** Messages and what stands in their places, the oldest first. */
  readonly entries: readonly OpenedEntry[];
  /** What was said about keys. */
  readonly notices: readonly string[];
}

type Known = Access & { readonly keys: LoginKeys };

/** Entries asked for at once. */
const PAGE = 1_000;

/** A session that only reads. */
export class Reader implements AsyncDisposable {
  /** The welcome. */
  readonly welcome: EventOf<"welcome">;
  readonly #line: Line;
  readonly #access: Known;

  private constructor(line: Line, welcome: EventOf<"welcome">, access: Known) {
    this.#line = line;
    this.welcome = welcome;
    this.#access = access;
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
      return new Reader(line, welcome, { ...access, keys });
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** All messages that the account may read. */
  async history(): Promise<History> {
    const entries: OpenedEntry[] = [];
    const notices: string[] = [];
    const sealing = await this.#sealing((text) => notices.push(text));
    this.#line.sealing = sealing;
    sealing.connected((command) => this.#line.send(command), this.welcome.last);
    for (let after = 0, more = true, page = 0; more; page++) {
      const id = `page ${page}`;
      const command = { t: "history", id, after, limit: PAGE, from: "oldest" } as const;
      // It has to know of the question, to see gaps in the answer.
      sealing.handles(command);
      const answer = await this.#line.ask(command, "history");
      const opened = await sealing.open(answer);
      if (opened.t === "history") entries.push(...opened.entries);
      after = answer.entries.at(-1)?.id ?? after;
      more = answer.more;
    }
    sealing.disconnected();
    return { entries, notices };
  }

  /** Says goodbye. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line.close();
  }

  async #sealing(told: (text: string) => void): Promise<EndToEnd> {
    const { user, keys } = this.#access;
    const { realm } = this.#line.link.session;
    const root = await openVault(keys.vaultKey, this.welcome.vault, { realm, user });
    return await EndToEnd.open({
      user,
      realm,
      root,
      data: null,
      now: Date.now,
      newId: () => crypto.randomUUID(),
      tell: ({ text }) => told(text),
      failed: (error) => told(String(error)),
      keep: () => Promise.reject(new Error("Cannot keep message: this session only reads")),
      kept: () => undefined,
    });
  }
}

/** Questions and answers on a link, one at a time; what answers none is not looked at. */
class Line {
  readonly link: Link;
  /** Whose questions are on the way as well, once there is one. */
  sealing: Pick<EndToEnd, "takes" | "disconnected"> | null = null;
  readonly #read: Promise<void>;
  #asked: { readonly type: Event["t"]; readonly answer: PromiseWithResolvers<Event> } | null = null;

  constructor(link: Link) {
    this.link = link;
    this.#read = this.#readAll();
  }

  send(command: CommandInput): void {
    this.link.send(encodeCommand(command));
  }

  async ask<T extends Event["t"]>(command: CommandInput, type: T): Promise<EventOf<T>> {
    const answer = Promise.withResolvers<Event>();
    this.#asked = { type, answer };
    this.send(command);
    const event = await answer.promise;
    this.#asked = null;
    if (event.t === type) return event as EventOf<T>;
    throw new Error(`Cannot ask ${command.t}: got ${JSON.stringify(event)}`);
  }

  /** Says goodbye and waits for the answer; the link may be gone already. */
  async close(): Promise<void> {
    this.send({ t: "bye" });
    await this.#read;
    this.link.abort();
  }

  async #readAll(): Promise<void> {
    try {
      for await (const frame of this.link.receive()) {
        const decoded = decodeEvent(frame);
        if (decoded.ok) this.#take(decoded.value);
        if (frame.t === "bye") break;
      }
    } catch {
      // It is gone: whoever waits is told below.
    }
    this.sealing?.disconnected();
    this.#asked?.answer.reject(new Error("Cannot go on reading: the connection ended"));
  }

  #take(event: Event): void {
    if (event.t === "welcome") this.link.open();
    if (this.sealing?.takes(event) === true) return;
    const ends = event.t === "error" || event.t === "bye" || event.t === this.#asked?.type;
    if (ends) this.#asked?.answer.resolve(event);
  }
}
