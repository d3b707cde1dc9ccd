/**
 * End-to-end conversations for tests: the frames that clients would send, made with the real cipher.
 *
 * It keeps what a client keeps (the chain, the list, `K`) and makes frames; who sends them, and
 * whether the server takes them, is the test's business. Each change is taken for done at once; for
 * what is refused or races, work on a `fork`.
 *
 * ```ts
 * const team = await sealedGroup({ realm, name: "team", owner: bob, members: [alice] });
 * for (const frame of team.frames) await bobsPeer.request(frame);
 * await bobsPeer.request(await team.seal(bob, "hi"));
 * for (const frame of await team.add([carol])) await bobsPeer.request(frame);
 * ```
 *
 * Source: FTC1 §7.3–§7.6.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { concat } from "../../cipher/bytes.ts";
import { directId, groupId } from "../../cipher/conversation.ts";
import { type Change, type EpochRecord, type Kind, signEpoch } from "../../cipher/epoch.ts";
import {
  commitment,
  deriveAdded,
  generateEpochKey,
  importMessageKey,
} from "../../cipher/epoch_key.ts";
import { advance, type ChainHead, nextOwner } from "../../cipher/epoch_rules.ts";
import { signLeaveNote } from "../../cipher/leave_note.ts";
import { type Member, membersHash, ROLE } from "../../cipher/member_list.ts";
import { openMessage, sealMessage } from "../../cipher/message.ts";
import { makeWrap } from "../../cipher/wrap.ts";
import { generateX25519 } from "../../cipher/x25519.ts";
import type { CommandOf } from "../../protocol/command.ts";
import { MAX_WRAPS_IN_FRAME } from "../../protocol/limits.ts";
import type { Person } from "./person.ts";

/** Frames that make an epoch: the wraps, then the record. */
export type EpochFrame = CommandOf<"wraps"> | CommandOf<"epoch">;

/** What of an epoch a test may want otherwise. */
export interface EpochOptions {
  /** Who signs; the owner unless told. */
  readonly by?: Person;
  /** Changes the fields before they are signed. */
  readonly spoil?: (fields: Omit<EpochRecord, "bytes" | "hash">) => Partial<EpochRecord>;
}

interface Step extends EpochOptions {
  readonly change: Change;
  readonly members: readonly Member[];
  /** Who gets a wrap. */
  readonly receivers: readonly Person[];
}

let ids = 0;

/** A request id that no other frame has. */
export function nextId(): string {
  return `sealed-${++ids}`;
}

/** A conversation as its members know it. */
export class SealedConversation {
  /** Direct or group. */
  readonly kind: Kind;
  /** 32 octets. */
  readonly id: Uint8Array;
  /** The id in base64url, as frames have it. */
  readonly conversation: string;
  /** The name of a group; `null` where it is direct. */
  readonly name: string | null;
  /** The frames of the newest change. */
  frames: readonly EpochFrame[] = [];
  /** Everybody who has ever been in it, by name, with his newest keys. */
  readonly people: Map<string, Person> = new Map();
  /** The newest record. */
  record: EpochRecord | null = null;
  /** `K` of the newest epoch. */
  key: Uint8Array = new Uint8Array(32);
  /** All that the chain says, `null` before epoch 0. */
  head: ChainHead | null = null;
  readonly #nonce: Uint8Array;
  #sent = 0;

  /** Makes a conversation without epochs. */
  constructor(
    options: Pick<SealedConversation, "kind" | "id" | "name"> & { readonly nonce: Uint8Array },
  ) {
    this.kind = options.kind;
    this.id = options.id;
    this.name = options.name;
    this.conversation = encodeBase64Url(options.id);
    this.#nonce = options.nonce;
  }

  /** The number of the newest epoch. */
  get epoch(): number {
    if (this.head === null) throw new Error("Cannot use conversation: it has no epoch");
    return this.head.epoch;
  }

  /** The names in the list, sorted. */
  get names(): string[] {
    return [...this.head?.members.keys() ?? []].sort();
  }

  /** The owner by the list. */
  get owner(): Person {
    const owner = [...this.head?.members.values() ?? []].find(({ role }) => role === ROLE.owner);
    return this.#person(owner?.name ?? "");
  }

  /** A copy that goes its own way: for a race, or a change that will be refused. */
  fork(): SealedConversation {
    const { kind, id, name } = this;
    const copy = new SealedConversation({ kind, id, name, nonce: this.#nonce });
    for (const [user, one] of this.people) copy.people.set(user, one);
    return Object.assign(copy, { record: this.record, key: this.key, head: this.head });
  }

  /** Makes epoch 0. */
  async create(owner: Person, others: readonly Person[]): Promise<readonly EpochFrame[]> {
    const receivers = [owner, ...others];
    const members = receivers.map((one) => memberOf(one, one === owner));
    return await this.#make({ change: "create", by: owner, members, receivers });
  }

  /** Adds members; only they get wraps. */
  async add(
    added: readonly Person[],
    options: EpochOptions = {},
  ): Promise<readonly EpochFrame[]> {
    const members = [...this.#list(), ...added.map((one) => memberOf(one, false))];
    return await this.#make({ change: "add", members, receivers: added, ...options });
  }

  /** Removes members; where the owner goes, the longest-standing one follows. */
  async remove(
    removed: readonly Pick<Person, "user">[],
    options: EpochOptions = {},
  ): Promise<readonly EpochFrame[]> {
    const gone = new Set(removed.map(({ user }) => user));
    const heir = gone.has(this.owner.user)
      ? nextOwner(this.head?.members ?? new Map(), gone)
      : this.owner.user;
    const members = this.#list().filter(({ name }) => !gone.has(name))
      .map((member) => ({ ...member, role: member.name === heir ? ROLE.owner : ROLE.member }));
    const by = this.#person(heir ?? "");
    return await this.#make({ change: "remove", by, members, ...this.#all(members), ...options });
  }

  /** Makes fresh keys. */
  async rotate(options: EpochOptions = {}): Promise<readonly EpochFrame[]> {
    const members = this.#list();
    return await this.#make({ change: "rotate", members, ...this.#all(members), ...options });
  }

  /** Lists people with the keys that they have now. */
  async rekey(
    changed: readonly Person[],
    options: EpochOptions = {},
  ): Promise<readonly EpochFrame[]> {
    for (const one of changed) this.people.set(one.user, one);
    const fingerprints = new Map(changed.map((one) => [one.user, one.identity.fingerprint]));
    const members = this.#list().map((member) => ({
      ...member,
      fingerprint: fingerprints.get(member.name) ?? member.fingerprint,
    }));
    return await this.#make({ change: "rekey", members, ...this.#all(members), ...options });
  }

  /** Makes another list, with the same owner. */
  async replace(
    others: readonly Person[],
    options: EpochOptions = {},
  ): Promise<readonly EpochFrame[]> {
    const by = options.by ?? this.owner;
    const receivers = [by, ...others];
    const members = receivers.map((one) => memberOf(one, one === by));
    return await this.#make({ change: "replace", members, receivers, ...options, by });
  }

  /** Closes the group. */
  async close(options: EpochOptions = {}): Promise<readonly EpochFrame[]> {
    const members = this.#list();
    return await this.#make({ change: "close", members, receivers: [], ...options });
  }

  /** Makes the frame of somebody's leave note; the list stays as it is. */
  async leave(who: Person, epoch = this.epoch): Promise<CommandOf<"leave">> {
    const { user: name, identity: { signKey, fingerprint } } = who;
    const fields = { name, conversation: this.id, epoch, fingerprint };
    const note = encodeBase64Url((await signLeaveNote(signKey, fields)).bytes);
    return { t: "leave", id: nextId(), conversation: this.conversation, note };
  }

  /**
   * Makes the frame of a message for the newest epoch.
   *
   * @param options `id`: of the message. `to`: the name it goes to; needed where it is direct. `epoch`,
   *   `conversation`: what the frame says, where that is not true.
   */
  async seal(
    sender: Person,
    text: string,
    options: Partial<Omit<CommandOf<"send">, "t" | "body">> = {},
  ): Promise<CommandOf<"send">> {
    const { identity, user } = sender;
    const body = await sealMessage(await this.#messageKey(), {
      conversation: this.id,
      epoch: this.epoch,
      device: 1,
      n: ++this.#sent,
      link: new Uint8Array(32),
      time: 1_795_370_580_000,
      sender: user,
      senderFingerprint: identity.fingerprint,
      body: new TextEncoder().encode(text),
    }, { signKey: identity.signKey });
    const { conversation, epoch, name } = this;
    const to = name ?? this.names.find((one) => one !== user) ?? user;
    return { t: "send", id: nextId(), to, conversation, epoch, body, ...options };
  }

  /** Opens a message of the newest epoch, and believes it. */
  async open(token: string): Promise<string> {
    const { body } = await openMessage(await this.#messageKey(), token);
    return new TextDecoder().decode(body);
  }

  /** Makes the wrap of the newest `K` for a member, base64url. */
  async wrapFor(who: Person): Promise<string> {
    const [wrap] = await this.#wraps([who], this.#newest());
    if (wrap === undefined) throw new Error(`Cannot wrap for ${who.user}`);
    return wrap.wrap;
  }

  async #make(step: Step): Promise<readonly EpochFrame[]> {
    const { change, members, receivers, by = this.owner, spoil = () => ({}) } = step;
    for (const one of [by, ...receivers]) this.people.set(one.user, one);
    const epoch = this.head === null ? 0 : this.head.epoch + 1;
    const listHash = await membersHash(members);
    this.key = change === "add" ? await deriveAdded(this.key, listHash) : generateEpochKey();
    const fields = {
      kind: this.kind,
      conversation: this.id,
      epoch,
      previous: this.head?.hash ?? concat(this.#nonce, new Uint8Array(32 - this.#nonce.length)),
      change,
      time: 1_795_370_580_000,
      members: members.length,
      membersHash: listHash,
      commitment: await commitment(this.id, epoch, this.key),
      signer: by.user,
      signerFingerprint: by.identity.fingerprint,
    };
    const record = await signEpoch(by.identity.signKey, { ...fields, ...spoil(fields) });
    this.record = record;
    this.head = advance(this.head, record, members);
    const m = await this.#wraps(receivers, record);
    const hash = encodeBase64Url(record.hash);
    const uploads = Array.from(
      { length: Math.ceil(m.length / MAX_WRAPS_IN_FRAME) },
      (_, n): CommandOf<"wraps"> => ({
        t: "wraps",
        id: nextId(),
        record: hash,
        m: m.slice(n * MAX_WRAPS_IN_FRAME, (n + 1) * MAX_WRAPS_IN_FRAME),
      }),
    );
    this.frames = [...uploads, this.#epochFrame(record, by)];
    return this.frames;
  }

  #epochFrame(record: EpochRecord, by: Person): CommandOf<"epoch"> {
    const frame = { t: "epoch", id: nextId(), record: encodeBase64Url(record.bytes) } as const;
    if (this.name !== null) return record.epoch === 0 ? { ...frame, group: this.name } : frame;
    return { ...frame, to: this.names.find((one) => one !== by.user) ?? by.user };
  }

  async #wraps(
    receivers: readonly Person[],
    record: EpochRecord,
  ): Promise<{ user: string; fp: string; wrap: string }[]> {
    const ephemeral = await generateX25519();
    return await Promise.all(receivers.map(async ({ user, identity, fp }) => {
      const options = { recordHash: record.hash, receiver: identity, ephemeral };
      const wrap = await makeWrap(this.key, options);
      if (wrap === null) throw new Error(`Cannot wrap for ${user}`);
      return { user, fp, wrap: encodeBase64Url(wrap) };
    }));
  }

  async #messageKey(): Promise<Awaited<ReturnType<typeof importMessageKey>>> {
    return await importMessageKey(this.key, this.#newest().hash);
  }

  #newest(): EpochRecord {
    if (this.record === null) throw new Error("Cannot use conversation: it has no epoch");
    return this.record;
  }

  #list(): readonly Member[] {
    return [...this.head?.members.values() ?? []];
  }

  #all(members: readonly Member[]): { readonly receivers: readonly Person[] } {
    return { receivers: members.map(({ name }) => this.#person(name)) };
  }

  #person(name: string): Person {
    const found = this.people.get(name);
    if (found === undefined) throw new Error(`Cannot use ${name}: not in the conversation`);
    return found;
  }
}

/** Makes a group and its epoch 0; `frames` are to be sent by the owner. */
export async function sealedGroup(options: {
  readonly realm: Uint8Array;
  readonly name: string;
  readonly owner: Person;
  readonly members: readonly Person[];
}): Promise<SealedConversation> {
  const { realm, name, owner, members } = options;
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const id = await groupId(realm, name, nonce, owner.identity.fingerprint);
  const group = new SealedConversation({ kind: "group", id, name, nonce });
  await group.create(owner, members);
  return group;
}

/** Makes a direct conversation and its epoch 0; `frames` are to be sent by the first one. */
export async function sealedDirect(options: {
  readonly realm: Uint8Array;
  readonly by: Person;
  readonly to: Person;
}): Promise<SealedConversation> {
  const { realm, by, to } = options;
  const id = await directId(realm, by.user, to.user);
  const nonce = new Uint8Array(0);
  const direct = new SealedConversation({ kind: "direct", id, name: null, nonce });
  await direct.create(by, by.user === to.user ? [] : [to]);
  return direct;
}

function memberOf({ user, identity }: Person, isOwner: boolean): Member {
  const role = isOwner ? ROLE.owner : ROLE.member;
  return { name: user, fingerprint: identity.fingerprint, role };
}
