/**
 * The group of `l2.json` in the types of the cipher: its people with all their keys, its epochs, its
 * messages.
 *
 * @module
 */

import { CHANGE, type Change, type EpochFields } from "../../cipher/epoch.ts";
import { deriveIdentity, type Identity } from "../../cipher/identity.ts";
import type { Member, Role } from "../../cipher/member_list.ts";
import type { MessageFields } from "../../cipher/message.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };

/** The realm of all vectors. */
export const realm: Uint8Array = Uint8Array.fromHex(l2.realm);

/** The id of the group. */
export const team: Uint8Array = Uint8Array.fromHex(l2.group.id);

/** An epoch as the vectors have it. */
export type EpochVector = typeof l2.group.epochs[number];

/** Everybody in the group, carol with her keys before and after her rekey. */
export async function people(): Promise<readonly Identity[]> {
  return await Promise.all(
    [...l2.identities, l2.rekeyed].map(({ user, root }) =>
      deriveIdentity(Uint8Array.fromHex(root), { realm, user })
    ),
  );
}

/** The identity that a name has in an epoch's list. */
export async function identityIn(epoch: EpochVector, name: string): Promise<Identity> {
  const entry = epoch.members.find(({ user }) => user === name);
  const found = (await people()).find(({ user, fingerprint }) =>
    user === name && fingerprint.toHex() === entry?.fingerprint
  );
  if (found === undefined) throw new Error(`${name} is not in epoch ${epoch.epoch}`);
  return found;
}

/** The list of an epoch. */
export function listOf(epoch: EpochVector): Member[] {
  return epoch.members.map(({ user, role, fingerprint }) => ({
    name: user,
    role: role as Role,
    fingerprint: Uint8Array.fromHex(fingerprint),
  }));
}

/** The vector with some number. */
export function epochVector(number: number): EpochVector {
  const found = l2.group.epochs.find(({ epoch }) => epoch === number);
  if (found === undefined) throw new Error(`no epoch ${number}`);
  return found;
}

/** What the record of an epoch says, put together from the vectors of this and the one before. */
export async function fieldsOf(epoch: EpochVector): Promise<EpochFields> {
  const previous = epoch.epoch === 0
    ? l2.group.nonce.padEnd(64, "0")
    : epochVector(epoch.epoch - 1).record_sha256;
  return {
    kind: "group",
    conversation: team,
    epoch: epoch.epoch,
    previous: Uint8Array.fromHex(previous),
    change: changeOf(epoch),
    time: (l2.timestamp + epoch.epoch) * 1000,
    members: epoch.members.length,
    membersHash: Uint8Array.fromHex(epoch.members_hash),
    commitment: Uint8Array.fromHex(epoch.commit),
    signer: epoch.signer,
    signerFingerprint: (await identityIn(epoch, epoch.signer)).fingerprint,
  };
}

/** What a message of the vectors says. */
export async function messageFieldsOf(
  message: typeof l2.group.messages[number],
): Promise<MessageFields> {
  const sender = await identityIn(epochVector(message.epoch), message.sender);
  return {
    conversation: team,
    epoch: message.epoch,
    device: message.device,
    n: message.n,
    link: Uint8Array.fromHex(message.link),
    time: message.sent,
    sender: message.sender,
    senderFingerprint: sender.fingerprint,
    body: new TextEncoder().encode(message.text),
  };
}

function changeOf({ change }: EpochVector): Change {
  for (const name of Object.keys(CHANGE) as Change[]) if (CHANGE[name] === change) return name;
  throw new Error(`no change ${change}`);
}
