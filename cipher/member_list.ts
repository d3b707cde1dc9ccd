/**
 * The member list of an epoch, and the hash by which the epoch record commits to it.
 *
 * ```
 * members hash = H("ftc1 members\0" ‖ u16 count ‖ for each by name octets: vec8(name) ‖ fp(32) ‖ role(1))
 * ```
 *
 * The list travels beside the record; only its hash is signed. Whether a list may follow another is
 * decided in `epoch_rules.ts`.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { concat, label, u16, vec8 } from "./bytes.ts";
import { hash } from "./kdf.ts";

/** The roles as they stand in the hash. 1 is reserved. */
export const ROLE = { member: 0, owner: 2 } as const;

/** One of {@linkcode ROLE}. */
export type Role = typeof ROLE[keyof typeof ROLE];

/** One entry of a list. Membership is name and fingerprint together. */
export interface Member {
  /** The canonical name. */
  readonly name: string;
  /** `fp` of his keys, 32 octets. */
  readonly fingerprint: Uint8Array;
  /** Exactly one of a list is the owner. */
  readonly role: Role;
}

/** The longest list: 1,000 others and the owner (PRODUCT, table of groups). */
export const MAX_EPOCH_MEMBERS = 1_001;

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/;

/**
 * Tells whether a text has the form of a canonical name: 1 to 32 octets of ASCII, FTC1 §4.6.
 *
 * Reserved words pass; whether an account has the name is not known here.
 *
 * @param text Any text.
 */
export function isMemberName(text: string): boolean {
  return NAME.test(text);
}

/**
 * Hashes a list.
 *
 * @param members The entries, in any order.
 * @returns 32 octets, the same for every order.
 * @throws {RangeError} If there are more than {@linkcode MAX_EPOCH_MEMBERS}, a name is not canonical
 * or stands twice, or a fingerprint or a role has another form.
 */
export async function membersHash(members: Iterable<Member>): Promise<Uint8Array> {
  const byName = new Map<string, Uint8Array>();
  for (const { name, fingerprint, role } of members) {
    if (byName.size === MAX_EPOCH_MEMBERS) throw refusal(`more than ${MAX_EPOCH_MEMBERS} members`);
    if (byName.has(name)) throw refusal("a name stands twice");
    if (!isMemberName(name)) throw refusal("a name is not canonical");
    if (fingerprint.length !== 32) {
      throw refusal(`expected a fingerprint of 32 octets, got ${fingerprint.length}`);
    }
    if (role !== ROLE.member && role !== ROLE.owner) throw refusal(`there is no role ${role}`);
    byName.set(name, concat(vec8(name), fingerprint, Uint8Array.of(role)));
  }
  // Canonical names are ASCII, so the order of UTF-16 units is the order of octets.
  const entries = [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([, entry]) => entry);
  return await hash(label("ftc1 members"), u16(entries.length), ...entries);
}

function refusal(state: string): RangeError {
  return new RangeError(`Cannot hash member list: ${state}`);
}
