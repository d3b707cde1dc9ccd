/**
 * What a logged-in session may ask, and how it is answered.
 *
 * One handler for each command; a new command does not compile until it is handled. Handlers run one
 * after the other, so a session that asks for much delays only itself. Messages are only handed to
 * the journal here: their answer comes when they are stored.
 *
 * @module
 */

import { decodeCommand, type Decoded, encodeEvent } from "../protocol/codec.ts";
import type { Command, CommandOf, CommandType, RequestId } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import type { FrameObject } from "../protocol/frame.ts";
import type { Channel } from "./accounts.ts";
import type { Allowance } from "./allowance.ts";
import { changePassword } from "./password_change.ts";
import type { Receiver } from "./presence.ts";
import { QUERIES, type QueryType } from "./queries.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";
import { Writing } from "./writing.ts";

/** Whose session it is. */
export interface SessionUser {
  /** Canonical name. */
  readonly name: string;
  /** Where he is, as limits know it. */
  readonly address: string;
  /** What his signatures are made for. */
  readonly channel: Channel;
}

type Handlers = {
  readonly [T in CommandType]: (session: Session, command: CommandOf<T>) => Promise<void> | void;
};

/** One session of a user. */
export class Session {
  readonly #service: Service;
  readonly #user: SessionUser;
  readonly #receiver: Receiver;
  readonly #allowance: Allowance;
  readonly #writing: Writing;

  /** One table for all sessions: most of them are silent, and closures of their own would cost each. */
  static readonly #handlers: Handlers = {
    send: (session, command) => session.#writing.order(command),
    epoch: (session, command) => session.#writing.order(command),
    leave: (session, command) => session.#writing.order(command),
    complain: (session, command) => session.#writing.order(command),
    rewrap: (session, command) => session.#writing.order(command),
    wraps: (session, command) => session.#writing.wraps(command),
    set_state: (session, command) => session.#writing.state(command),
    passwd: (session, command) => session.#passwd(command),
    seen: (session, command) => session.#seen(command),
    names: (session, command) => session.#ask(command, "names"),
    lookup: (session, command) => session.#ask(command, "lookup"),
    history: (session, command) => session.#ask(command, "history"),
    groups: (session, command) => session.#ask(command, "groups"),
    group_info: (session, command) => session.#ask(command, "group_info"),
    keys: (session, command) => session.#ask(command, "keys"),
    lineage: (session, command) => session.#ask(command, "lineage"),
    epochs: (session, command) => session.#ask(command, "epochs"),
    state: (session, command) => session.#ask(command, "state"),
    ping: (session, { id }) =>
      session.#tell(id === undefined ? { t: "pong" } : { t: "pong", re: id }),
    pong: () => {},
    bye: () => {},
    // Refused before it is decoded.
    auth: () => {},
    login: () => {},
    register: () => {},
  };

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
    this.#writing = new Writing(service, {
      user: options.user.name,
      allowance: this.#allowance,
      tell: (event) => this.#tell(event),
    });
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
    const handler = Session.#handlers[command.t] as (
      session: Session,
      command: Command,
    ) => Promise<void> | void;
    try {
      await handler(this, command);
    } catch (error) {
      this.#service.options.failed(error);
      this.#refuse(refuse.storage(), "id" in command ? command.id : undefined);
    }
  }

  async #passwd(command: CommandOf<"passwd">): Promise<void> {
    const { directory, guesses, presence, options: { store, now, uptime } } = this.#service;
    const { name: user, address, channel } = this.#user;
    const wait = guesses.beforeLogin(user, { address, now: uptime() });
    if (wait > 0) return this.#refuse(refuse.tooManyGuesses(wait), command.id);
    // Counted before it is looked at: many at once must not all pass.
    const after = command.keys === undefined ? 0 : this.#allowance.rekey(now());
    if (after > 0) return this.#refuse(refuse.rekeyedLately(after), command.id);
    guesses.wrong(user, { address, now: uptime() });
    const endings = directory.endings(user);
    const result = await changePassword(command, { store, user, channel });
    if (!result.changed && command.keys !== undefined) this.#allowance.giveBackRekey();
    const isRight = result.changed || result.code !== "bad_login";
    if (isRight) guesses.right(user, { address, now: uptime() });
    if (!result.changed) return this.#refuse(refuse.passwd(result.code), command.id);
    directory.passwordChanged(user);
    // Not for an account that has ended while this was stored.
    const isThere = endings === directory.endings(user);
    if (result.line !== undefined && isThere) directory.addUser(user, result.line);
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
