/**
 * The client as a library: connect, take events, send, close (docs/BOTS.md).
 *
 * It is the JSON face within the process: the same events, the same commands (docs/JSON.md), the same
 * promises about messages. It connects again by itself.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { encodeBase64Url } from "../cipher/base64url.ts";
import { parseAddress } from "./address.ts";
import { ChatError } from "./chat_error.ts";
import { Credentials } from "./credentials.ts";
import type { JsonCommandInput } from "./json_command.ts";
import type { JsonEvent } from "./json_event.ts";
import { JsonFace } from "./json_face.ts";
import { LibraryPort } from "./library_port.ts";
import { machine } from "./machine.ts";
import type { ClientOptions } from "./options.ts";
import { run } from "./run.ts";

export { ChatError } from "./chat_error.ts";
export type { JsonCommandInput } from "./json_command.ts";
export type { ChangeEvent, DamagedEvent, JsonEvent, MessageEvent } from "./json_event.ts";

/** How to connect. */
export interface ConnectOptions {
  /** `chat://host:port#fingerprint`, as the server prints it, or `host port`. */
  readonly server: string;
  /** The name of the account. */
  readonly user: string;
  /** Its password. */
  readonly password: string;
  /** Whether the account is made where there is none; without it, that is an error. */
  readonly register?: boolean;
  /** The entry behind which to begin, or `now`; without it, behind what the account has been shown. */
  readonly since?: number | "now";
  /** The shared secret, 32 octets, if the server asks for one. */
  readonly secret?: Uint8Array;
  /** Where servers and pending messages are remembered; the user's folders unless told. */
  readonly folder?: string;
  /** Seconds that the first connection may take; 30 unless told. */
  readonly timeout?: number;
  /** Seconds without a connection after which it gives up; a day unless told. */
  readonly patience?: number;
  /** Told about the connection, in sentences: lost, there again, a new server. */
  readonly notice?: (text: string) => void;
}

/** What the server says of a stored message. */
export interface StoredMessage {
  /** The id of its entry. */
  readonly id: number;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
}

/** A question, its id left out. */
export type ChatQuestion = Exclude<JsonCommandInput, { readonly t: "send" | "quit" }>;

const DEFAULT_TIMEOUT = 30;

const DAY = 86_400;

/**
 * Connects and logs in; resolves when everything that was missed is there to be taken.
 *
 * @param options Where to, as whom.
 * @throws {TypeError} If the address makes no sense.
 * @throws {ChatError} If there is no connection, or the login is refused.
 */
export async function connect(options: ConnectOptions): Promise<ChatClient> {
  const { user, password, folder, patience = DAY, notice = () => {} } = options;
  const chosen = clientOptions(options);
  const port = new LibraryPort(notice);
  const face = new JsonFace(port);
  const parts = await machine(
    {},
    ...folder === undefined ? [] : [{ config: folder, data: folder }],
  );
  const running = run({
    ...parts,
    secret: options.secret ?? null,
    options: chosen,
    face,
    patience,
    credentials: new Credentials(face, { user, password }),
    signal: new AbortController().signal,
    log: getLogger(["fernchat", "client"]),
  }).then(
    (code) => port.ended({ code }),
    (error: unknown) =>
      port.ended({ error: error instanceof Error ? error : new Error(`${error}`) }),
  );
  await port.ready;
  return new ChatClient(port, running);
}

/** A chat that is logged in; iterating over it takes its events. */
export class ChatClient implements AsyncDisposable, AsyncIterable<JsonEvent> {
  readonly #port: LibraryPort;
  readonly #running: Promise<void>;
  #last = 0;

  /**
   * Made by {@linkcode connect}.
   *
   * @param port Where events come from.
   * @param running Resolves at the end.
   */
  constructor(port: LibraryPort, running: Promise<void>) {
    this.#port = port;
    this.#running = running;
  }

  /** The canonical name of the account. */
  get user(): string {
    return this.#port.user;
  }

  /**
   * Everything up to this entry has been taken: what `since` wants, in the next run. 0 before the first.
   */
  get last(): number {
    return this.#last;
  }

  /**
   * Sends a message and waits until it is on the server's disk, however often the connection is lost.
   *
   * @param to A user, a group, or `lobby`.
   * @param body The text.
   * @param options `id`: 1–64 characters; the same one again within seven days stores nothing.
   * @throws {ChatError} If it is refused, or the chat ends before.
   */
  async send(
    to: string,
    body: string,
    { id = newId() }: { readonly id?: string } = {},
  ): Promise<StoredMessage> {
    const ack = (await this.#port.ask({ t: "send", id, to, body })).at(-1);
    if (ack?.t !== "ack") throw new ChatError("closed", "The chat has ended.");
    return { id: ack.id, at: ack.at };
  }

  /**
   * Asks for something else: `names`, `history`, `groups`, changes of groups … (docs/JSON.md).
   *
   * @param question The command.
   * @returns Its events, without the `ok` at the end.
   * @throws {ChatError} If it is refused, or the chat ends before.
   */
  async ask(question: ChatQuestion): Promise<readonly JsonEvent[]> {
    const events = await this.#port.ask({ ...question, id: question.id ?? newId() });
    return events.filter(({ t }) => t !== "ok");
  }

  /** Takes events until the chat is closed. Each counts as seen when the next is asked for, or none. */
  async *[Symbol.asyncIterator](): AsyncGenerator<JsonEvent, void, undefined> {
    const { events } = this.#port;
    for (let event = await events.next(); event !== null; event = await events.next()) {
      try {
        yield event;
      } finally {
        this.#note(event);
        events.finish();
      }
    }
  }

  /** Sends what is pending for up to five seconds, and leaves. Twice does no harm. */
  async close(): Promise<void> {
    this.#port.leave();
    await this.#running;
  }

  /** As {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #note(event: JsonEvent): void {
    if (event.t === "ready") this.#last = Math.max(this.#last, event.last);
    else if (event.t === "message" || event.t === "change" || event.t === "damaged") {
      this.#last = Math.max(this.#last, event.id);
    }
  }
}

function clientOptions(options: ConnectOptions): ClientOptions {
  const { server, user, register = false, since, timeout = DEFAULT_TIMEOUT } = options;
  const address = parseAddress(server.trim().split(/\s+/));
  if ("wrong" in address) throw new TypeError(`Cannot connect: ${address.wrong}`);
  return {
    ...address,
    user,
    register,
    since,
    timeout,
    json: true,
    plain: true,
    strict: false,
    forget: false,
    debug: false,
  };
}

function newId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
