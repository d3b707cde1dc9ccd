/**
 * What a logged-in session may ask, and how it is answered.
 *
 * One handler for each command; a new command does not compile until it is handled. Handlers run one
 * after the other, so a session that asks for much delays only itself. Messages are only handed to
 * the journal here: their answer comes when they are stored.
 *
 * @module
 */

import { directId, groupId } from "../cipher/conversation.ts";
import { encodeBase64Url } from "../cipher/base64url.ts";
import { decodeCommand, encodeEvent } from "../protocol/codec.ts";
import type { Command, CommandOf, CommandType, RequestId } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { canonicalName } from "../protocol/name.ts";
import type { WriteCommand } from "./decision.ts";
import type { Outcome } from "./journal.ts";
import type { Receiver } from "./presence.ts";
import { QUERIES, type QueryType } from "./queries.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";

/** Whose session it is. */
export interface SessionUser {
  /** Canonical name. */
  readonly name: string;
  /** Fingerprint of the identity (FTC1 §7.1), 32 octets. */
  readonly fingerprint: Uint8Array;
}

type Handlers = { readonly [T in CommandType]: (command: CommandOf<T>) => Promise<void> | void };

/** Octets of the random part of a group id (FTC1 §7.3). */
const NONCE_OCTETS = 16;

/** One session of a user. */
export class Session {
  readonly #service: Service;
  readonly #user: SessionUser;
  readonly #receiver: Receiver;
  readonly #handlers: Handlers;

  /**
   * Makes a `Session`.
   *
   * @param service The chat.
   * @param options The user, and where answers go.
   */
  constructor(
    service: Service,
    options: { readonly user: SessionUser; readonly receiver: Receiver },
  ) {
    this.#service = service;
    this.#user = options.user;
    this.#receiver = options.receiver;
    const write = (command: WriteCommand) => this.#write(command);
    const outOfPlace = () => {};
    this.#handlers = {
      send: write,
      group_set: write,
      group_add: write,
      group_remove: write,
      group_leave: write,
      group_delete: write,
      seen: (command) => this.#seen(command),
      names: (command) => this.#ask(command, "names"),
      lookup: (command) => this.#ask(command, "lookup"),
      history: (command) => this.#ask(command, "history"),
      groups: (command) => this.#ask(command, "groups"),
      group_info: (command) => this.#ask(command, "group_info"),
      ping: ({ id }) => this.#tell(id === undefined ? { t: "pong" } : { t: "pong", re: id }),
      pong: () => {},
      bye: () => {},
      auth: outOfPlace,
      login: outOfPlace,
      register: outOfPlace,
    };
  }

  /**
   * Handles a frame.
   *
   * @param frame What the peer sent.
   * @returns A reason to end the connection (FTC1 §3.11: login frames are out of place), or `null`.
   */
  async handle(frame: FrameObject): Promise<string | null> {
    // What the frame is called decides, also where its fields are wrong.
    if (["auth", "login", "register"].includes(frame.t)) return "bad_state";
    const decoded = decodeCommand(frame);
    if (decoded.ok) await this.#dispatch(decoded.value);
    else {
      const refusal = decoded.code === "unknown_type" ? refuse.unknownType() : refuse.malformed();
      this.#refuse(refusal, decoded.re);
    }
    return null;
  }

  async #dispatch(command: Command): Promise<void> {
    const handler = this.#handlers[command.t] as (command: Command) => Promise<void> | void;
    try {
      await handler(command);
    } catch (error) {
      this.#service.options.failed(error);
      this.#refuse(refuse.storage(), "id" in command ? command.id : undefined);
    }
  }

  async #write(command: WriteCommand): Promise<void> {
    const conversation = await this.#conversationOf(command);
    this.#service.journal.submit({
      request: { user: this.#user.name, command, conversation },
      done: (outcome) => this.#settle(command, outcome),
    });
  }

  #settle(command: WriteCommand, outcome: Outcome): void {
    const re = command.id;
    if ("refused" in outcome) return this.#refuse(outcome.refused, re);
    if ("known" in outcome) return this.#tell({ t: "ack", re, ...outcome.known });
    const [entry] = outcome.stored;
    if (command.t === "send" && entry !== undefined) {
      return this.#tell({ t: "ack", re, id: entry.id, at: entry.at });
    }
    const { text } = outcome;
    this.#tell(text === undefined ? { t: "ok", re } : { t: "ok", re, text });
  }

  /** The id that a direct message or a new group would have: hashing is not for the hub. */
  async #conversationOf(command: WriteCommand): Promise<string> {
    const { realm } = this.#service.options;
    if (command.t === "group_set") {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_OCTETS));
      const name = canonicalName(command.group) ?? "";
      return encodeBase64Url(await groupId(realm, name, nonce, this.#user.fingerprint));
    }
    const to = command.t === "send" ? canonicalName(command.to) : null;
    if (to === null || !this.#service.directory.hasUser(to)) return "";
    return encodeBase64Url(await directId(realm, this.#user.name, to));
  }

  async #seen({ upto }: CommandOf<"seen">): Promise<void> {
    const { cursors, journal } = this.#service;
    await cursors.move(this.#user.name, Math.min(upto, journal.delivered));
  }

  async #ask<T extends QueryType>(command: CommandOf<T> & { readonly id: RequestId }, type: T) {
    const answer = await QUERIES[type](this.#service, { user: this.#user.name, command });
    if ("refused" in answer) this.#refuse(answer.refused, command.id);
    else this.#tell(answer);
  }

  #refuse(refusal: Refusal, re: RequestId | undefined): void {
    this.#tell(re === undefined ? { t: "error", ...refusal } : { t: "error", re, ...refusal });
  }

  #tell(event: Event): void {
    this.#receiver.send(encodeEvent(event));
  }
}
