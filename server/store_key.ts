/**
 * Keys as octets whose order is the order of the keys.
 *
 * Format, part after part; the first octet tells the kind:
 *
 *     string  0x02 ‖ UTF-8, with 0x00 written as 0x00 0xff ‖ 0x00
 *     number  0x21 ‖ u64, most significant octet first
 *
 * Comparing octets compares keys as `store.ts` orders them: the end of a string (0x00 and then a kind,
 * or nothing) sorts before a U+0000 inside one (0x00 0xff). The kinds and the lengths are those of Deno
 * KV, so sizes agree with what the engine counts; its number has another spelling (a double) of the
 * same length. The octets also go into the checksum of `record.ts`: changing them makes every stored
 * record unreadable.
 *
 * It is *not* a parser: nothing decodes keys.
 *
 * @module
 */

import { type Key, STORE_LIMITS } from "./store.ts";

const STRING = 0x02;
const NUMBER = 0x21;
const END = 0x00;
const ESCAPE = 0xff;

/** One more than a key may have, so that a key is too long exactly if it does not fit. */
const room = new Uint8Array(STORE_LIMITS.keyOctets + 1);
const view = new DataView(room.buffer);
const utf8 = new TextEncoder();

/**
 * Encodes a key.
 *
 * @param key At least one part.
 * @returns 2 to `STORE_LIMITS.keyOctets` octets; equal for equal keys only.
 * @throws {RangeError} If the key has no part, a part that no key may have, or is too long.
 */
export function encodeKey(key: Key): Uint8Array<ArrayBuffer> {
  if (key.length === 0) {
    throw new RangeError("Cannot use key: expected at least one part, got none");
  }
  return encodePrefix(key);
}

/**
 * Encodes the beginning of a key.
 *
 * @param prefix Any number of parts; none is the beginning of every key.
 * @returns 0 to `STORE_LIMITS.keyOctets` octets.
 * @throws {RangeError} If it has a part that no key may have, or is too long.
 */
export function encodePrefix(prefix: Key): Uint8Array<ArrayBuffer> {
  // One room for all calls: nothing here waits, and what is returned is a copy.
  let end = 0;
  for (const part of prefix) {
    end = typeof part === "string" ? putString(part, end) : putNumber(part, end);
    if (end > STORE_LIMITS.keyOctets) {
      throw new RangeError(
        `Cannot use key: expected at most ${STORE_LIMITS.keyOctets} octets, got more`,
      );
    }
  }
  return room.slice(0, end);
}

/** Puts a string at `start` into the room; returns where it ends, too far if it does not fit. */
function putString(part: string, start: number): number {
  if (!part.isWellFormed()) {
    throw new RangeError(
      `Cannot use key: expected a well-formed string, got ${JSON.stringify(part)}`,
    );
  }
  // Every U+0000 becomes two octets 0x00, and then the second one the escape.
  const text = part.includes("\0") ? part.replaceAll("\0", "\0\0") : part;
  room[start] = STRING;
  const { read, written } = utf8.encodeInto(text, room.subarray(start + 1));
  const end = start + 1 + written;
  if (read < text.length || end >= room.length) return room.length;
  if (text !== part) {
    for (let i = start + 1; i < end; i += 1) {
      if (room[i] === END) room[i += 1] = ESCAPE;
    }
  }
  room[end] = END;
  return end + 1;
}

/** Puts a number at `start` into the room; returns where it ends, too far if it does not fit. */
function putNumber(part: number, start: number): number {
  // −0 is a key of its own in Deno KV, and equal to 0 everywhere else.
  if (!Number.isSafeInteger(part) || part < 0 || Object.is(part, -0)) {
    const got = Object.is(part, -0) ? "-0" : String(part);
    throw new RangeError(`Cannot use key: expected a safe integer, zero or more, got ${got}`);
  }
  const end = start + 9;
  if (end > room.length) return room.length;
  room[start] = NUMBER;
  view.setUint32(start + 1, Math.floor(part / 2 ** 32));
  view.setUint32(start + 5, part % 2 ** 32);
  return end;
}
