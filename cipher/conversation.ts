/**
 * The ids of conversations.
 *
 * ```
 * DM    : H("ftc1 dm\0" ‖ realm ‖ vec8(smaller name) ‖ vec8(larger name))          octet order
 * group : H("ftc1 group\0" ‖ realm ‖ vec8(name) ‖ nonce(16) ‖ fp of creator)
 * ```
 *
 * A group's id commits to its name and its creator: nobody else can make its first epoch, and a name
 * used again is another conversation.
 *
 * Source: FTC1 §7.3.
 *
 * @module
 */

import { label, vec8 } from "./bytes.ts";
import { hash } from "./kdf.ts";

/**
 * Computes the id of a direct conversation. A note to oneself has the name twice.
 *
 * @param realm 16 octets.
 * @param a The canonical name of one.
 * @param b The canonical name of the other; the order does not matter.
 * @returns 32 octets.
 */
export function directId(realm: Uint8Array, a: string, b: string): Promise<Uint8Array> {
  // Canonical names are ASCII, so the order of UTF-16 units is the order of octets.
  const [smaller, larger] = a < b ? [a, b] : [b, a];
  return hash(label("ftc1 dm"), realm, vec8(smaller), vec8(larger));
}

/**
 * Computes the id of a group.
 *
 * @param realm 16 octets.
 * @param name The group's canonical name.
 * @param nonce 16 random octets, made with the group.
 * @param creator `fp` of the one who makes it, 32 octets.
 * @returns 32 octets.
 * @throws {RangeError} If the nonce or the fingerprint has another length.
 */
export async function groupId(
  realm: Uint8Array,
  name: string,
  nonce: Uint8Array,
  creator: Uint8Array,
): Promise<Uint8Array> {
  if (nonce.length !== 16 || creator.length !== 32) {
    throw new RangeError(
      `Cannot compute group id: expected 16 and 32 octets, got ${nonce.length}, ${creator.length}`,
    );
  }
  return await hash(label("ftc1 group"), realm, vec8(name), nonce, creator);
}
