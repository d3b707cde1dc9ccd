/**
 * The keys of everybody in a chat whose machine loses power.
 *
 * People and the first epochs of all conversations are made once; every chat begins with the same ones.
 * Behind that each chat has a keyring of its own, with all epochs that anybody has ever proposed in it:
 * which one counts is what the server has on its disk.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { type Person, person } from "../testing/person.ts";
import {
  type EpochFrame,
  type SealedConversation,
  sealedDirect,
  sealedGroup,
} from "../testing/sealed.ts";
import { TEST_REALM, type TestSession } from "../testing/test_session.ts";

/** Who talks, and where. */
export interface Cast {
  /** Names of accounts, the owner of the group first. */
  readonly users: readonly [string, ...string[]];
  /** How many of them, the first ones, write direct messages. */
  readonly speakers: number;
  /** The group with its other members. */
  readonly group: { readonly name: string; readonly members: readonly string[] };
}

/** Frames, and who sends them. */
export interface Opening {
  /** The account. */
  readonly by: string;
  /** In order. */
  readonly frames: readonly EpochFrame[];
}

/** Keys as they are when a chat begins. */
export class FirstKeys {
  readonly #people: ReadonlyMap<string, Person>;
  readonly #conversations: readonly SealedConversation[];

  private constructor(
    people: ReadonlyMap<string, Person>,
    conversations: readonly SealedConversation[],
  ) {
    this.#people = people;
    this.#conversations = conversations;
  }

  /** Draws them. */
  static async draw({ users, speakers, group: { name, members } }: Cast): Promise<FirstKeys> {
    const people = new Map<string, Person>();
    for (const user of users) people.set(user, await person(user, TEST_REALM));
    const of = (user: string) => get(people, user);
    const conversations = [
      await sealedGroup({
        realm: TEST_REALM,
        name,
        owner: of(users[0]),
        members: members.map(of),
      }),
    ];
    for (const [at, by] of users.slice(0, speakers).entries()) {
      for (const to of users.slice(at)) {
        conversations.push(await sealedDirect({ realm: TEST_REALM, by: of(by), to: of(to) }));
      }
    }
    return new FirstKeys(people, conversations);
  }

  /** The people. */
  get people(): readonly Person[] {
    return [...this.#people.values()];
  }

  /** What makes the first epochs. */
  get openings(): readonly Opening[] {
    return this.#conversations.map(({ record, frames }) => ({ by: record?.signer ?? "", frames }));
  }

  /** A keyring for one chat. */
  keyring(): Keyring {
    const keyring = new Keyring(this.#people);
    for (const conversation of this.#conversations) keyring.keep(conversation.fork());
    return keyring;
  }
}

/** All keys of one chat. */
export class Keyring {
  readonly #people: ReadonlyMap<string, Person>;
  /** By the hash of the newest record. */
  readonly #states = new Map<string, SealedConversation>();

  /**
   * Makes one without conversations.
   *
   * @param people By name.
   */
  constructor(people: ReadonlyMap<string, Person>) {
    this.#people = people;
  }

  /**
   * Gives the keys of somebody.
   *
   * @throws {Error} If there is nobody of that name.
   */
  person(user: string): Person {
    return get(this.#people, user);
  }

  /** Remembers what a conversation would be, or is. */
  keep(conversation: SealedConversation): void {
    const { head } = conversation;
    if (head !== null) this.#states.set(encodeBase64Url(head.hash), conversation);
  }

  /**
   * Finds a conversation as the server has it, as a client does that asks for its epochs.
   *
   * @param session Who asks.
   * @param to A name.
   * @returns `null` for the lobby, and for a group that the user is not in.
   */
  find({ service, user }: TestSession, to: string): SealedConversation | null {
    const group = service.conversations.groupOf(to, user);
    const states = [...this.#states.values()];
    const direct = states.find(({ kind, names }) => kind === "direct" && isOf(names, [user, to]));
    const head = service.chains.get(group?.id ?? direct?.conversation ?? "")?.head ?? null;
    return head === null ? null : this.#states.get(encodeBase64Url(head.hash)) ?? null;
  }
}

function isOf(names: readonly string[], two: readonly [string, string]): boolean {
  return names.join() === [...new Set(two)].sort().join();
}

function get(people: ReadonlyMap<string, Person>, user: string): Person {
  const found = people.get(user);
  if (found === undefined) throw new Error(`Cannot find keys of ${user}`);
  return found;
}
