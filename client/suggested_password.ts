/**
 * A password to suggest: five groups of five base32 characters, 125 bits.
 *
 * Lower case, without `0`, `1`, `8` and `9`, so that it can be copied from paper.
 * Source: FTC1 §4.4; RFC 4648 §6.
 *
 * @module
 */

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const GROUPS = 5;
const GROUP = 5;

/**
 * Makes a password from the platform's random generator.
 *
 * @returns `abcde-fghij-klmno-pqrst-uvwxy`.
 */
export function suggestPassword(): string {
  // 256 is a multiple of 32: every character is as likely as any other.
  const octets = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP));
  const characters = [...octets].map((octet) => ALPHABET.charAt(octet % ALPHABET.length)).join("");
  return Array.from({ length: GROUPS }, (_, at) => characters.slice(GROUP * at, GROUP * (at + 1)))
    .join("-");
}
