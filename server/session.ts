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
import { decodeCommand, type Decoded, encodeEvent } from "../protocol/codec.ts";
import type { Command, CommandOf, CommandType, RequestId } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import { encodeObject, type FrameObject } from "../protocol/frame.ts";
import { canonicalName } from "../protocol/name.ts";
import type { Channel } from "./accounts.ts";
import type { Allowance } from "./allowance.ts";
import type { WriteCommand } from "./decision.ts";
import type { Outcome, Submission } from "./journal.ts";
import { changePassword } from "./password_change.ts";
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
  /** Where he is, as limits know it. */
  readonly address: string;
  /** What his signatures are made for. */
  readonly channel: Channel;
}

type Handlers = { readonly [T in CommandType]: (command: CommandOf<T>) => Promise<void> | void };

/** Octets of the random part of a group id (FTC1 §7.3). */
const NONCE_OCTETS = 16;

/** One session of a user. */
export class Session {
  readonly #service: Service;
  readonly #user: SessionUser;
  readonly #receiver: Receiver;
  readonly #allowance: Allowance;
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
    this.#allowance = service.allowanceOf(options.user.name);
    const write = (command: WriteCommand) => this.#write(command);
    const outOfPlace = () => {};
    this.#handlers = {
      send: write,
      group_set: write,
      group_add: write,
      group_remove: write,
      group_leave: write,
      group_delete: write,
      passwd: (command) => this.#passwd(command),
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
    const verdict = this.#allowance.take(frame.t, this.#service.options.uptime());
    if (verdict === "flood") return "flood";
    const decoded = decodeCommand(frame);
    // What was seen is never said again; it is moved in memory, and written lazily.
    const isOver = verdict !== "allowed" && frame.t !== "seen";
    if (isOver) this.#refuseForNow(frame.t, { ...verdict, decoded });
    else if (decoded.ok) await this.#dispatch(decoded.value);
    else {
      const refusal = decoded.code === "unknown_type" ? refuse.unknownType() : refuse.malformed();
      this.#refuse(refusal, decoded.re);
    }
    return null;
  }

  #refuseForNow(
    type: string,
    { after, decoded }: { readonly after: number; readonly decoded: Decoded<Command> },
  ): void {
    // It has no answer, and none is missed.
    if (type === "pong") return;
    const re = !decoded.ok ? decoded.re : "id" in decoded.value ? decoded.value.id : undefined;
    this.#refuse(refuse.rate(Math.ceil(after * 1_000) / 1_000), re);
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
    const { journal, trouble, options: { now } } = this.#service;
    const conversation = await this.#conversationOf(command);
    const octets = encodeObject(command).length;
    const wait = this.#allowance.store(octets, now());
    const submission: Submission = {
      request: { user: this.#user.name, command, conversation },
      done: (outcome) => {
        if (wait === 0 && !("stored" in outcome)) this.#allowance.giveBack(octets);
        this.#settle(command, outcome);
      },
    };
    const refused = trouble() ?? (wait > 0 ? refuse.quota(wait) : null);
    if (refused === null) journal.submit(submission);
    else journal.refuse(submission, { refused });
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
    // Not asked here whether there is such a user: until the hub decides he may have registered.
    if (to === null || this.#service.conversations.groupOf(to, this.#user.name)) return "";
    return encodeBase64Url(await directId(realm, this.#user.name, to));
  }

  async #passwd(command: CommandOf<"passwd">): Promise<void> {
    const { directory, guesses, presence, options: { store, uptime } } = this.#service;
    const { name: user, address, channel } = this.#user;
    const wait = guesses.beforeLogin(user, { address, now: uptime() });
    if (wait > 0) return this.#refuse(refuse.tooManyGuesses(wait), command.id);
    // Counted before it is looked at: many at once must not all pass.
    guesses.wrong(user, { address, now: uptime() });
    const result = await changePassword(command, { store, user, channel });
    if (result !== "bad_login") guesses.right(user, { address, now: uptime() });
    if (result !== "changed") return this.#refuse(refuse.passwd(result), command.id);
    directory.passwordChanged(user);
    this.#tell({ t: "ok", re: command.id });
    for (const other of presence.sessionsOf(user)) {
      if (other !== this.#receiver) void other.close("passwd");
    }
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
