/**
 * Octet strings: joining, lengths in front, integers of fixed size.
 *
 * The notation of FTC1 (its first paragraph) as functions: `‖` is {@linkcode concat}, and `vec8`,
 * `lp`, `u16`, `u32`, `u64` and `"text\0"` carry their names there. All integers are big-endian.
 * Comparison here is for public values: it stops at the first difference. Secrets are compared
 * by verifying a MAC.
 *
 * @module
 */

const encoder = new TextEncoder();

/**
 * Turns text into UTF-8.
 *
 * @param text Any text; lone surrogates become U+FFFD, so names and passwords are checked before.
 * @returns Its octets.
 */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Makes octets fit for Web Crypto, which refuses shared memory.
 *
 * @param bytes Any octets.
 * @returns The same array, or a copy if its memory is shared.
 */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
}

/**
 * Joins octet strings.
 *
 * @param parts The parts, in order.
 * @returns A new array.
 */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Writes a label that begins what is hashed or signed: the text and one zero octet.
 *
 * @param text The label in ASCII, for example `ftc1 login`.
 * @returns `"text\0"`.
 */
export function label(text: string): Uint8Array {
  return utf8(text + "\0");
}

/**
 * Writes a short string with its length in one octet.
 *
 * @param value Octets, or text for its UTF-8.
 * @returns `vec8(value)`.
 * @throws {RangeError} If there are more than 255 octets.
 */
export function vec8(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return concat(unsigned(bytes.length, 1), bytes);
}

/**
 * Writes a string with its length in four octets.
 *
 * @param value Octets, or text for its UTF-8.
 * @returns `lp(value)`.
 */
export function lp(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return concat(u32(bytes.length), bytes);
}

/**
 * Writes an integer in two octets.
 *
 * @param value 0 to 65,535.
 * @throws {RangeError} If the value does not fit.
 */
export function u16(value: number): Uint8Array {
  return unsigned(value, 2);
}

/**
 * Writes an integer in four octets.
 *
 * @param value 0 to 2^32 − 1.
 * @throws {RangeError} If the value does not fit.
 */
export function u32(value: number): Uint8Array {
  return unsigned(value, 4);
}

/**
 * Writes an integer in eight octets.
 *
 * @param value 0 to 2^53 − 1, the largest safe integer.
 * @throws {RangeError} If the value does not fit.
 */
export function u64(value: number): Uint8Array {
  return unsigned(value, 8);
}

/**
 * Tells whether two public octet strings are the same. Not constant in time.
 *
 * @param a One.
 * @param b The other.
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/**
 * Tells whether all octets are zero. Not constant in time.
 *
 * @param bytes Any octets.
 */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet === 0);
}

function unsigned(value: number, size: 1 | 2 | 4 | 8): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** size) {
    throw new RangeError(`Cannot write integer: ${value} does not fit ${size} octets`);
  }
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets.slice(8 - size);
}
