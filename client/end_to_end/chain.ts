/**
 * The chain of epochs of one conversation, as this client has accepted it.
 *
 * Every record is checked before it counts: order, rights, list, signature, and at epoch 0 that the id
 * of the conversation belongs to it (FTC1 §7.3, §7.4). So the list of members is what the members have
 * signed, whatever the server says. Keys of epochs are opened when they are first needed.
 *
 * Source: FTC1 §7.3–§7.5.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import { directId, groupId } from "../../cipher/conversation.ts";
import { type EpochRecord, groupNonce, parseEpoch, verifyEpoch } from "../../cipher/epoch.ts";
import { advance, type ChainHead, checkChange, type ListEntry } from "../../cipher/epoch_rules.ts";
import { type LeaveNote, parseLeaveNote, verifyLeaveNote } from "../../cipher/leave_note.ts";
import { type Member, membersHash } from "../../cipher/member_list.ts";
import { BadChain, refuseAsBad } from "./bad_chain.ts";
import { EpochKeys, type Unlocker } from "./epoch_keys.ts";
import type { KeyDirectory } from "./key_directory.ts";
import { MemberSpans } from "./member_spans.ts";
import { type EpochParts, listAfter } from "./epoch_parts.ts";
import { findRekeyed } from "./rekeyed.ts";

/** What a chain works with. */
export interface ChainOptions {
  /** The id, 32 octets. */
  readonly conversation: Uint8Array;
  /** The name of the group, or of the other user. */
  readonly name: string;
  /** Whether it is a direct conversation, between the two, or a group. */
  readonly kind: "direct" | "group";
  /** Who reads it. */
  readonly me: Unlocker & { readonly user: string; readonly realm: Uint8Array };
  /** Where keys of signers come from. */
  readonly keys: KeyDirectory;
}

/** What is open behind the newest epoch. */
export interface Open {
  /** Members who have left, by their own notes. */
  readonly leavers: ReadonlySet<string>;
  /** Members of whom the server says that they have newer keys, signed by the listed ones. */
  readonly rekeyed: ReadonlySet<string>;
  /** Who has no fitting wrap. */
  readonly complaints: readonly { readonly epoch: number; readonly user: string }[];
}

const NOTHING_OPEN: Open = { leavers: new Set(), rekeyed: new Set(), complaints: [] };

/** An accepted chain. */
export class Chain {
  readonly #options: ChainOptions;
  readonly #records: EpochRecord[] = [];
  readonly #spans = new MemberSpans();
  readonly #keys: EpochKeys;
  readonly #left = new Map<number, ReadonlySet<string>>();
  #head: ChainHead | null = null;
  #open: Open = NOTHING_OPEN;
  /** Messages that the newest epoch has had, as far as is known. */
  sent = 0;
  /** Members of the newest epoch whose listed keys the server does not give. */
  withheld: readonly string[] = [];

  /**
   * Makes an empty chain.
   *
   * @param options Which conversation, and who reads it.
   */
  constructor(options: ChainOptions) {
    this.#options = options;
    this.#keys = new EpochKeys(options.conversation, options.me);
  }

  /** The id, 32 octets. */
  get conversation(): Uint8Array {
    return this.#options.conversation;
  }

  /** The id in base64url. */
  get id(): string {
    return encodeBase64Url(this.#options.conversation);
  }

  /** Direct or group. */
  get kind(): "direct" | "group" {
    return this.#options.kind;
  }

  /** The name of the group, or of the other user. */
  get name(): string {
    return this.#options.name;
  }

  /** The newest accepted state; `null` before epoch 0. */
  get head(): ChainHead | null {
    return this.#head;
  }

  /** What is open. */
  get open(): Open {
    return this.#open;
  }

  /** Keys of the epochs. */
  get keys(): EpochKeys {
    return this.#keys;
  }

  /** The accepted record of an epoch. */
  record(epoch: number): EpochRecord | undefined {
    return this.#records[epoch];
  }

  /** A member in the list of an epoch. */
  memberAt(epoch: number, name: string): Member | undefined {
    return this.#spans.at(epoch, name);
  }

  /** The whole list of an epoch, by name. */
  membersAt(epoch: number): Map<string, Member> {
    return this.#spans.listAt(epoch);
  }

  /** A member who is listed and has not left. */
  presentMember(name: string): ListEntry | undefined {
    return this.#open.leavers.has(name) ? undefined : this.#head?.members.get(name);
  }

  /**
   * Accepts the next epoch.
   *
   * @param parts What the server gave for it.
   * @throws {BadChain} If anything about it is wrong; the chain is as it was.
   */
  async accept(parts: EpochParts): Promise<void> {
    const record = await parseEpoch(parts.record).catch(refuseAsBad("layout"));
    const before = this.#head;
    if (record.kind !== this.kind) throw new BadChain("kind");
    if (!equal(record.conversation, this.conversation)) throw new BadChain("conversation");
    const members = listAfter(before, record, parts);
    const leavers = await this.#leavers(parts.notes, before);
    const rekeyed = record.change === "rekey" && before !== null && this.kind === "group"
      ? await findRekeyed(before.members, members, this.#options.keys)
      : new Set<string>();
    const wrong = checkChange(before, { record, members, leavers, rekeyed });
    if (wrong !== null) throw new BadChain(wrong);
    if (!equal(await membersHash(members), record.membersHash)) throw new BadChain("members hash");
    if (before === null) await this.#checkId(record);
    this.#checkNames(members);
    await this.#checkSignature(record);
    this.#head = advance(before, record, members);
    this.#records.push(record);
    this.#spans.add(record.epoch, this.#head.members.values());
    this.#keys.add(record, parts.wrap);
    if (leavers.size > 0) this.#left.set(record.epoch, leavers);
    this.#open = NOTHING_OPEN;
    this.sent = 0;
  }

  /**
   * Takes note of what is open behind the newest epoch; notes that are not right are passed over.
   *
   * @param open As the server gave it.
   */
  async setOpen(
    open: {
      readonly notes: readonly Uint8Array[];
      readonly rekeyed: Iterable<string>;
      readonly complaints: Open["complaints"];
    },
  ): Promise<void> {
    const leavers = await this.#leavers(open.notes, this.#head);
    this.#open = { ...open, leavers, rekeyed: new Set(open.rekeyed) };
  }

  /** Whose own notes a removal rested on. */
  leaversOf(epoch: number): ReadonlySet<string> {
    return this.#left.get(epoch) ?? NOTHING_OPEN.leavers;
  }

  /**
   * Checks a leave note: that it is of this conversation, by a member of the epoch that it names.
   *
   * @param bytes The note.
   * @returns Whose and when.
   * @throws {BadChain} If it is not right.
   */
  async checkNote(bytes: Uint8Array): Promise<LeaveNote> {
    const note = readNote(bytes);
    // A note for an epoch that is still to come would stay good after he has come back.
    const isPast = note.epoch <= (this.#head?.epoch ?? -1);
    const member = isPast ? this.#spans.at(note.epoch, note.name) : undefined;
    const isHis = member !== undefined && equal(note.conversation, this.conversation) &&
      equal(note.fingerprint, member.fingerprint);
    if (!isHis) throw new BadChain("leave note");
    const key = await this.#publicKey(note.name, note.fingerprint);
    if (!await verifyLeaveNote(note, key)) throw new BadChain("leave note");
    return note;
  }

  async #leavers(notes: readonly Uint8Array[], head: ChainHead | null): Promise<Set<string>> {
    const leavers = new Set<string>();
    for (const bytes of notes) {
      try {
        const { name, epoch } = await this.checkNote(bytes);
        // Of his present membership: an old note must not remove who has come back.
        if (epoch >= (head?.members.get(name)?.since ?? Infinity)) leavers.add(name);
      } catch (error) {
        // A note that is not right is no note.
        if (!(error instanceof BadChain)) throw error;
      }
    }
    return leavers;
  }

  async #checkId(record: EpochRecord): Promise<void> {
    const { kind, name, me: { realm, user }, conversation } = this.#options;
    const id = kind === "direct"
      ? await directId(realm, user, name)
      : await groupId(realm, name, groupNonce(record), record.signerFingerprint);
    if (!equal(id, conversation)) throw new BadChain("id");
  }

  /** A direct conversation is of its two, always (FTC1 §7.4). */
  #checkNames(members: readonly Member[]): void {
    if (this.kind === "group") return;
    const names = new Set([this.#options.me.user, this.name]);
    const isOfThem = members.length === names.size && members.every(({ name }) => names.has(name));
    if (!isOfThem) throw new BadChain("list");
  }

  async #checkSignature(record: EpochRecord): Promise<void> {
    const key = await this.#publicKey(record.signer, record.signerFingerprint);
    if (!await verifyEpoch(record, key)) throw new BadChain("signature");
  }

  async #publicKey(user: string, fingerprint: Uint8Array): Promise<{ publicKey: Uint8Array }> {
    const found = await this.#options.keys.byFingerprint([{ user, fingerprint }]);
    const record = found.get(fingerprint.toHex());
    if (record === undefined) throw new BadChain("key record");
    return { publicKey: record.ed25519 };
  }
}

function readNote(bytes: Uint8Array): LeaveNote {
  try {
    return parseLeaveNote(bytes);
  } catch {
    throw new BadChain("leave note");
  }
}
