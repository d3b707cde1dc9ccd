/**
 * A member who works together with an evil server: signs records and seals messages that no honest client
 * would make.
 *
 * Source: FTC1 §7.4–§7.6.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { type EpochFields, type EpochRecord, parseEpoch, signEpoch } from "../../cipher/epoch.ts";
import { commitment, generateEpochKey, importMessageKey } from "../../cipher/epoch_key.ts";
import { type Member, membersHash, ROLE } from "../../cipher/member_list.ts";
import { type MessageFields, sealMessage } from "../../cipher/message.ts";
import { makeWrap, openWrap, type WrapReceiver } from "../../cipher/wrap.ts";
import { generateX25519 } from "../../cipher/x25519.ts";
import type { EpochPiece } from "../../protocol/event.ts";
import { decodeRecord } from "../../server/record.ts";
import { epochRecord, keyOf, wrapRecord } from "../../server/tables.ts";
import type { AlteredServer } from "./altered_server.ts";
import type { Person } from "./person.ts";

/** An epoch with its key. */
export interface KnownEpoch {
  /** Its record. */
  readonly record: EpochRecord;
  /** `K`, 32 octets. */
  readonly key: Uint8Array;
}

/**
 * Reads an epoch out of the database, and opens the wrap of a member.
 *
 * @param server Whose database.
 * @param who The member.
 * @param place Conversation, base64url, and epoch.
 */
export async function readEpoch(
  server: AlteredServer,
  who: Person,
  { conversation, epoch }: { readonly conversation: string; readonly epoch: number },
): Promise<KnownEpoch> {
  const stored = await server.store.get(keyOf.epoch(conversation, epoch, 0));
  if (stored === null) throw new Error(`Cannot read epoch ${epoch}: there is none`);
  const { record: text, hash } = decodeRecord(stored, epochRecord);
  const record = await parseEpoch(decodeBase64Url(text));
  const wrapped = await server.store.get(keyOf.wrap(hash, who.user));
  if (wrapped === null) throw new Error(`Cannot read epoch ${epoch}: no wrap for ${who.user}`);
  const wrap = decodeBase64Url(decodeRecord(wrapped, wrapRecord).wrap);
  return { record, key: await openWrap(wrap, { recordHash: record.hash, identity: who.identity }) };
}

/** What is sealed. */
export interface Saying {
  /** The text. */
  readonly text: string;
  /** Fields that are to be otherwise. */
  readonly fields?: Partial<MessageFields>;
}

/** Seals a message of somebody, whatever his client would say to it. */
export async function sealAs(
  who: Person,
  { record, key }: KnownEpoch,
  { text, fields = {} }: Saying,
): Promise<string> {
  const { user, identity: { signKey, fingerprint } } = who;
  return await sealMessage(await importMessageKey(key, record.hash), {
    conversation: record.conversation,
    epoch: record.epoch,
    device: 7,
    n: 1,
    link: new Uint8Array(32),
    time: Date.now(),
    sender: user,
    senderFingerprint: fingerprint,
    body: new TextEncoder().encode(text),
    ...fields,
  }, { signKey });
}

/** What an epoch is to be. */
export interface ForgedEpoch {
  /** The list that is hashed. */
  readonly members: readonly Member[];
  /** Fields that are to be otherwise, before they are signed. */
  readonly fields?: Partial<EpochFields>;
}

/** Signs the epoch behind another one: a rotation unless told otherwise. */
export async function signNext(
  who: Person,
  before: EpochRecord,
  { members, fields = {} }: ForgedEpoch,
): Promise<KnownEpoch> {
  const key = generateEpochKey();
  const epoch = fields.epoch ?? before.epoch + 1;
  const record = await signEpoch(who.identity.signKey, {
    ...before,
    epoch,
    previous: before.hash,
    change: "rotate",
    time: Date.now(),
    members: members.length,
    membersHash: await membersHash(members),
    commitment: await commitment(before.conversation, epoch, key),
    signer: who.user,
    signerFingerprint: who.identity.fingerprint,
    ...fields,
  });
  return { record, key };
}

/** Wraps the key of an epoch for somebody, base64url. */
export async function wrapFor(
  receiver: Pick<Person, "record">,
  { record, key }: KnownEpoch,
): Promise<string> {
  const to: WrapReceiver = receiver.record;
  const ephemeral = await generateX25519();
  const wrap = await makeWrap(key, { recordHash: record.hash, receiver: to, ephemeral });
  if (wrap === null) throw new Error("Cannot wrap: the receiver's keys cannot be used");
  return encodeBase64Url(wrap);
}

/** Lists people under their keys; the first one owns what they are in. */
export function listOf(...people: readonly Person[]): Member[] {
  return people.map(({ user, identity: { fingerprint } }, at) => {
    return { name: user, fingerprint, role: at === 0 ? ROLE.owner : ROLE.member };
  });
}

/** What the server would tell of an epoch. */
export function piecesOf(
  { record }: Pick<KnownEpoch, "record">,
  { wrap, added = [] }: { readonly wrap?: string; readonly added?: readonly Person[] } = {},
): EpochPiece[] {
  const e = record.epoch;
  const piece = { e, record: encodeBase64Url(record.bytes) };
  return [
    wrap === undefined ? piece : { ...piece, wrap },
    { e, added: added.map(({ user, fp }) => [user, fp] as [string, string]) },
  ];
}
