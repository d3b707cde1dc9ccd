/**
 * A session of a user in a chat without sockets: commands in, decoded events out.
 *
 * @module
 */

import { decodeEvent, encodeCommand, unbatch } from "../../protocol/codec.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Entry, Event, EventOf } from "../../protocol/event.ts";
import { decodeFrame, type FrameObject } from "../../protocol/frame.ts";
import type { Receiver } from "../../server/presence.ts";
import type { Service } from "../../server/service.ts";
import { Session } from "../../server/session.ts";
import { lineOf } from "./entry_line.ts";
import { SealingClients } from "./sealing_clients.ts";

type Request = Exclude<
  CommandInput,
  { t: Unanswered }
>;

type Unanswered = "auth" | "login" | "register" | "seen" | "pong" | "bye";

type WithoutId<T> = T extends unknown ? Omit<T, "id"> & { readonly id?: string | number } : never;

/** A command that is answered; its id is made up where it is left out. */
export type Question = WithoutId<Request>;

/** The realm of all chats. */
export const TEST_REALM: Uint8Array = new Uint8Array(16).fill(6);

let ids = 0;

/** One session. */
export class TestSession implements Receiver {
  /** All events, in order. */
  readonly events: Event[] = [];
  /** Why the server ended it, if it did. */
  ending: string | null = null;
  readonly #service: Service;
  /** Whose it is. */
  readonly user: string;
  readonly #clients: SealingClients;
  readonly #session: Session;
  readonly #answers = new Map<string | number, (event: Event) => void>();
  #seen = 0;

  /** Enters the chat; the clients are those who know the keys. */
  constructor(
    service: Service,
    user: string,
    clients: SealingClients = new SealingClients(TEST_REALM),
  ) {
    this.#service = service;
    this.user = user;
    this.#clients = clients;
    const sessionUser = {
      name: user,
      address: "192.0.2.1",
      channel: { channelBinding: new Uint8Array(32), realm: TEST_REALM },
    };
    this.#session = new Session(service, { user: sessionUser, receiver: this });
    service.presence.enter(user, this, service.options.uptime());
  }

  /** See `Receiver`. */
  send(text: Uint8Array): void {
    const frames = unbatch(decodeFrame(text)) ?? [];
    if (frames.length === 0) throw new Error(`Cannot read: ${new TextDecoder().decode(text)}`);
    for (const frame of frames) this.#hear(frame);
  }

  #hear(frame: FrameObject): void {
    const decoded = decodeEvent(frame);
    if (!decoded.ok) throw new Error(`Cannot read event: ${JSON.stringify(frame)}`);
    this.events.push(decoded.value);
    if (!("re" in decoded.value) || decoded.value.re === undefined) return;
    this.#answers.get(decoded.value.re)?.(decoded.value);
  }

  /** Handles a frame as it came; gives the reason to end the connection, or `null`. */
  handles(frame: FrameObject): Promise<string | null> {
    return this.#session.handle(frame);
  }

  /** Asks, and waits for the answer. */
  async asks(question: Question): Promise<Event> {
    const id = question.id ?? `id-${++ids}`;
    const answer = Promise.withResolvers<Event>();
    this.#answers.set(id, answer.resolve);
    const command = { ...question, id } as CommandInput;
    await this.handles(decodeFrame(encodeCommand(command)));
    return await answer.promise;
  }

  /** The chat that it is in. */
  get service(): Service {
    return this.#service;
  }

  /** Sends a text as a client does, sealed where it is not to the lobby; waits for the answer. */
  says(to: string, body: string, options: { readonly id?: string } = {}): Promise<Event> {
    return this.#clients.say(this, { to, body, ...options });
  }

  /** Does something with a group as a client does: what came of it, as a user would read it. */
  async groups(
    verb: "set" | "add" | "remove" | "leave" | "delete",
    group: string,
    members: readonly string[] = [],
  ): Promise<string> {
    return sentence(await this.#clients.change(this, { verb, group, members }));
  }

  /** The entries of a history page, with texts in the place of tokens. */
  async reads(
    range: Partial<Omit<Extract<CommandInput, { t: "history" }>, "t" | "id">> = {},
  ): Promise<EventOf<"history">> {
    const answer = await this.asks({ t: "history", limit: 1_000, ...range });
    if (answer.t !== "history") throw new Error(`Cannot read history: ${sentence(answer)}`);
    return { ...answer, entries: answer.entries.map((entry) => this.#clients.opened(entry)) };
  }

  /** The lines of a history page, changes included. */
  async rereads(of?: string): Promise<string[]> {
    const { entries } = await this.reads({ kinds: "all", ...(of === undefined ? {} : { of }) });
    return entries.map((entry) => lineOf(entry, this.user));
  }

  /** The lines of the entries that came since the last look. */
  sees(): string[] {
    const entries = this.events.slice(this.#seen).filter(isEntry);
    this.#seen = this.events.length;
    return entries.map((entry) => lineOf(this.#clients.opened(entry), this.user));
  }

  /** See `Receiver`. */
  close(reason: string): Promise<void> {
    this.ending = reason;
    this.leave();
    return Promise.resolve();
  }

  /** Ends with a goodbye. */
  leave(): void {
    const { presence, options: { uptime } } = this.#service;
    presence.leave(this.user, this, { saidBye: true, now: uptime() });
  }
}

/** An answer in words: `ok`, or what an error or a remark says. */
export function sentence(answer: Event): string {
  if (answer.t === "error") return `${answer.code}: ${answer.msg}`;
  if (answer.t === "ok") return answer.text ?? "ok";
  return answer.t;
}

function isEntry(event: Event): event is Entry {
  return event.t === "message" || event.t === "change";
}
