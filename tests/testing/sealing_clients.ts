/**
 * The clients of a chat in one: they know all keys, and make the epochs that must come before a
 * message, so that scenes read as they did before anything was sealed.
 *
 * What a real client decides (trust, names that nobody has, nothing to change) is not here. Whatever
 * the server refuses is not taken into the chain.
 *
 * @module
 */

import type { CommandOf } from "../../protocol/command.ts";
import type { Event, PastEntry } from "../../protocol/event.ts";
import { canonicalName, LOBBY } from "../../protocol/name.ts";
import { keyRecordWrite } from "../../server/key_records.ts";
import { decodeRecord, encodeRecord } from "../../server/record.ts";
import type { Service } from "../../server/service.ts";
import { accountRecord, keyOf } from "../../server/tables.ts";
import { type Person, person, rekeyed } from "./person.ts";
import { nextId, SealedConversation, sealedDirect, sealedGroup } from "./sealed.ts";

/** A session, as far as it is needed here. */
export interface Asking {
  /** Whose it is. */
  readonly user: string;
  /** The chat. */
  readonly service: Service;
  /** Asks, and waits for the answer. */
  asks(command: Frame): Promise<Event>;
}

type Frame = CommandOf<"send" | "wraps" | "epoch" | "leave" | "group_info">;
type Made = SealedConversation | Event;

/** Those who know the keys. */
export class SealingClients {
  readonly #realm: Uint8Array;
  readonly #people = new Map<string, Person>();
  /** By id. */
  readonly #conversations = new Map<string, SealedConversation>();
  /** Texts by their tokens. */
  readonly #texts = new Map<string, string>();
  /** What must end before the next thing of its name begins. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** Makes clients of a server with this realm. */
  constructor(realm: Uint8Array) {
    this.#realm = realm;
  }

  /** The keys of somebody, drawn where he has none. */
  async person(user: string): Promise<Person> {
    return this.#people.get(user) ?? await this.renew(user);
  }

  /** Draws keys for a new account. */
  async renew(user: string): Promise<Person> {
    const drawn = await person(user, this.#realm);
    this.#people.set(user, drawn);
    return drawn;
  }

  /** Draws the next keys of an account, and stores them as `passwd` does. */
  async rekey({ user, service }: Pick<Asking, "user" | "service">): Promise<Person> {
    const next = await rekeyed(await this.person(user));
    this.#people.set(user, next);
    const { directory, options: { store } } = service;
    const key = keyOf.account(user);
    const stored = await store.get(key);
    if (stored === null) throw new Error(`Cannot rekey ${user}: no account`);
    const line = [...directory.lineOf(user), next.fp];
    const account = { ...decodeRecord(stored, accountRecord), keys: next.keys, line };
    const sets = [{ key, value: encodeRecord(key, account) }, keyRecordWrite(next.record)];
    await store.commit({ sets });
    directory.addUser(user, line);
    return next;
  }

  /** What the members of a conversation know of it. */
  conversation(id: string): SealedConversation {
    const found = this.#conversations.get(id);
    if (found === undefined) throw new Error(`Cannot find conversation ${id}`);
    return found;
  }

  /** The conversation of a group that somebody is in. */
  group({ user, service }: Pick<Asking, "user" | "service">, name: string): SealedConversation {
    const group = service.conversations.groupOf(name, user);
    if (group === null) throw new Error(`Cannot find group ${name} of ${user}`);
    return this.conversation(group.id);
  }

  /** An entry with its text in the place of the token. */
  opened<T extends PastEntry>(entry: T): T {
    if (entry.t !== "message") return entry;
    return { ...entry, body: this.#texts.get(entry.body) ?? entry.body };
  }

  /** Sends a text. */
  async say(
    session: Asking,
    message: { readonly to: string; readonly body: string; readonly id?: string },
  ): Promise<Event> {
    const { to, body, id = nextId() } = message;
    if (to.toLowerCase() === LOBBY) return await session.asks({ t: "send", id, to, body });
    const frame = await this.#inTurn(`sealing ${session.user}`, async () => {
      const conversation = await this.#conversationOf(session, to);
      if (conversation === null) return { t: "send", id, to, body } as const;
      if (!(conversation instanceof SealedConversation)) return conversation;
      const frame = await conversation.seal(await this.person(session.user), body, { id, to });
      this.#texts.set(frame.body, body);
      return frame;
    });
    return frame.t === "send" ? await session.asks(frame) : frame;
  }

  /** Makes the keys of a direct conversation, where there are none. */
  async openDirect(session: Asking, to: string): Promise<Made> {
    const { user } = session;
    const [first, second] = user < to ? [user, to] : [to, user];
    return await this.#inTurn(`direct ${first} ${second}`, async () => {
      const known = this.#conversations.values()
        .find(({ kind, names }) =>
          kind === "direct" && names[0] === first && names.at(-1) === second
        );
      if (known !== undefined) return await this.#mended(session, known);
      const [by, other] = [await this.person(user), await this.person(to)];
      return await this.#take(session, await sealedDirect({ realm: this.#realm, by, to: other }));
    });
  }

  /** Does something with a group. */
  async change(
    session: Asking,
    wish: {
      readonly verb: "set" | "add" | "remove" | "leave" | "delete";
      readonly group: string;
      readonly members: readonly string[];
    },
  ): Promise<Event> {
    return await this.#inTurn("groups", async () => {
      const { verb, group: typed, members } = wish;
      const name = canonicalName(typed) ?? typed;
      const by = await this.person(session.user);
      const names = new Set(members.map((one) => canonicalName(one) ?? one));
      names.delete(session.user);
      const people = await Promise.all([...names].map((one) => this.person(one)));
      const group = session.service.conversations.groupOf(name, session.user);
      if (group === null && verb === "set") {
        const realm = this.#realm;
        return await this.#done(
          session,
          await sealedGroup({ realm, name, owner: by, members: people }),
        );
      }
      if (group === null) return await session.asks({ t: "group_info", id: nextId(), group: name });
      const mended = await this.#mended(session, this.conversation(group.id));
      if (!(mended instanceof SealedConversation)) return mended;
      if (verb === "leave" && group.members.size > 1) {
        return await session.asks(await mended.leave(by));
      }
      const fork = mended.fork();
      if (verb === "set") await fork.replace(people, { by });
      else if (verb === "add") {
        await fork.add(people.filter(({ user }) => !fork.names.includes(user)), { by });
      } else if (verb === "remove") await fork.remove(people, { by });
      else await fork.close({ by });
      return await this.#done(session, fork);
    });
  }

  /** The conversation behind a name, with keys that are the newest; `null` where there is none. */
  async #conversationOf(session: Asking, to: string): Promise<Made | null> {
    const { conversations, directory } = session.service;
    const name = canonicalName(to);
    if (name === null) return null;
    const group = conversations.groupOf(name, session.user);
    if (group !== null) return await this.#mended(session, this.conversation(group.id));
    return directory.hasUser(name) ? await this.openDirect(session, name) : null;
  }

  /** Makes the epochs that must come first: without those who have left, with newer keys. */
  async #mended(session: Asking, conversation: SealedConversation): Promise<Made> {
    return await this.#inTurn(conversation.conversation, async () => {
      const by = await this.person(session.user);
      const { chains } = session.service;
      let made: Made = this.conversation(conversation.conversation);
      const chain = chains.get(made.conversation);
      if (chain === null) return made;
      if (chain.notes.size > 0) {
        const fork = made.fork();
        await fork.remove([...chain.notes.keys()].map((user) => ({ user })), { by });
        made = await this.#take(session, fork);
      }
      const outdated = chains.outdated(chain);
      if (outdated.length === 0 || !(made instanceof SealedConversation)) return made;
      const fork = made.fork();
      await fork.rekey(await Promise.all(outdated.map((user) => this.person(user))), { by });
      return await this.#take(session, fork);
    });
  }

  async #done(session: Asking, conversation: SealedConversation): Promise<Event> {
    const made = await this.#take(session, conversation);
    return made instanceof SealedConversation ? { t: "ok", re: nextId() } : made;
  }

  /** Sends the frames of the newest change; it counts once the server has taken it. */
  async #take(session: Asking, conversation: SealedConversation): Promise<Made> {
    for (const frame of conversation.frames) {
      const answer = await session.asks(frame);
      if (answer.t === "error") return answer;
    }
    this.#conversations.set(conversation.conversation, conversation);
    return conversation;
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name);
    const turn = (async () => {
      await before;
      return await work();
    })();
    this.#turns.set(name, turn.catch(() => {}));
    return await turn;
  }
}
