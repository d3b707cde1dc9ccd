/**
 * The mark that tells which message a delivered body is: sender and sequence number.
 *
 * Nine octets spelled as twelve characters of base64url, `gAAAA…`: the beginning of a Fernet token whose
 * time is the mark. So a message token made before the run and a text of the lobby are read in the same
 * way, and neither has to be parsed.
 *
 *     0x80 ‖ u64(sender · 1,024 + sequence mod 1,024)
 *
 * @module
 */

/** Characters of a mark. */
export const CODE_LENGTH = 12;

/** How every mark begins: its version octet and the upper half of its time. */
export const CODE_BEGINNING = "gAAAA";

/** Sequence numbers come again after so many: more than one sender ever has in flight. */
export const SEQUENCES = 1_024;

const LOW = 6;

const values = new Uint8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
  .forEach((character, value) => values[character.charCodeAt(0)] = value);

/** What the Fernet time of a premade token must be, seconds. */
export function timeOf(sender: number, sequence: number): number {
  return sender * SEQUENCES + sequence % SEQUENCES;
}

/** Spells a mark. */
export function codeOf(sender: number, sequence: number): string {
  const octets = new Uint8Array(9);
  octets[0] = 0x80;
  new DataView(octets.buffer).setBigUint64(1, BigInt(timeOf(sender, sequence)));
  return octets.toBase64({ alphabet: "base64url" });
}

/**
 * Reads a mark.
 *
 * @param octets Where.
 * @param at Its first character.
 * @returns Sender · 1,024 + sequence, below 2^36.
 */
export function readCode(octets: Uint8Array, at: number): number {
  let number = 0;
  for (let i = at + CODE_LENGTH - LOW; i < at + CODE_LENGTH; i++) {
    number = number * 64 + (values[octets[i] ?? 0] ?? 0);
  }
  return number;
}
