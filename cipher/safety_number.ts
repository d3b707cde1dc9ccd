/**
 * The safety number of two users: sixty digits that they compare by voice.
 *
 * `d = SHA-512("ftc1 safety number\0" ‖ smaller fp ‖ larger fp)`; group i of twelve is octets
 * 5i..5i+5 of d as integer mod 100,000, in five digits. It is public; it proves nothing until
 * compared by a way that the server does not control.
 *
 * Source: FTC1 §7.8.
 *
 * @module
 */

import { concat, label, unshared } from "./bytes.ts";

const GROUPS = 12;
const GROUP_OCTETS = 5;

/**
 * Computes the safety number.
 *
 * @param a `fp` of one user, 32 octets.
 * @param b `fp` of the other; the order does not matter.
 * @returns Twelve groups of five digits, separated by blanks.
 */
export async function safetyNumber(a: Uint8Array, b: Uint8Array): Promise<string> {
  const [smaller, larger] = a.toHex() < b.toHex() ? [a, b] : [b, a];
  const text = concat(label("ftc1 safety number"), smaller, larger);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", unshared(text)));
  return Array.from({ length: GROUPS }, (_, group) => digits(digest, group)).join(" ");
}

function digits(digest: Uint8Array, group: number): string {
  const octets = digest.subarray(GROUP_OCTETS * group, GROUP_OCTETS * (group + 1));
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return String(value % 100_000).padStart(5, "0");
}
