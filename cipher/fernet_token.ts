/**
 * The form of a Fernet token, and every check that needs no key.
 *
 * ```
 * token = 0x80 ‖ u64 time ‖ iv (16) ‖ AES-128-CBC, PKCS7 ‖ HMAC-SHA256 (32)
 * ```
 *
 * Shared by the two implementations, `fernet.ts` (Web Crypto) and `fernet_sync.ts` (node:crypto). Tokens
 * are read strictly, as FTC1 §3.1 demands: one spelling, and every check of form before any cryptography.
 *
 * Source: https://github.com/fernet/spec/blob/master/Spec.md; FTC1 §3.1.
 *
 * @module
 */

import { decodePaddedBase64Url, encodePaddedBase64Url } from "./base64url.ts";
import { unshared } from "./bytes.ts";

const VERSION = 0x80;
const IV_AT = 9;
const TEXT_AT = 25;
const MAC_LENGTH = 32;
const OVERHEAD = TEXT_AT + MAC_LENGTH;
const BLOCK = 16;
const CLOCK_SKEW = 60;

/** Which check a token failed. For tests and local logs; a peer is never told. */
export type InvalidTokenReason =
  | "encoding"
  | "length"
  | "version"
  | "expired"
  | "future"
  | "mac"
  | "padding";

/** A token that does not open. */
export class InvalidToken extends Error {
  /** Always `InvalidToken`. */
  override readonly name = "InvalidToken";
  /** The check that failed. */
  readonly reason: InvalidTokenReason;

  /**
   * Names the failed check.
   *
   * @param reason The check that failed.
   */
  constructor(reason: InvalidTokenReason) {
    super(`Cannot open Fernet token: ${reason}`);
    this.reason = reason;
  }
}

/** What may be told when a token is made. */
export interface SealOptions {
  /** The time written, in Unix seconds; the clock by default. */
  readonly now?: number;
  /** 16 octets, for test vectors only; random by default. */
  readonly iv?: Uint8Array;
}

/** What may be told when a token is opened. */
export interface OpenOptions {
  /** Its greatest age in seconds; with it a token more than 60 s in the future is refused as well. */
  readonly ttl?: number;
  /** Unix seconds; the clock by default. */
  readonly now?: number;
}

/** The parts of a token that has the right form. */
export interface TokenParts {
  /** All that the MAC covers. */
  readonly signed: Uint8Array<ArrayBuffer>;
  /** 16 octets. */
  readonly iv: Uint8Array<ArrayBuffer>;
  /** What was encrypted, whole blocks. */
  readonly text: Uint8Array<ArrayBuffer>;
  /** 32 octets. */
  readonly mac: Uint8Array<ArrayBuffer>;
}

/**
 * Writes what stands before the encrypted text.
 *
 * @param options As for sealing.
 * @returns Version, time and initialisation vector, 25 octets.
 * @throws {RangeError} If `iv` or `now` is out of range.
 */
export function tokenHead({ now = unixTime(), iv }: SealOptions): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(TEXT_AT);
  head[0] = VERSION;
  writeTime(head, Math.floor(now));
  if (iv === undefined) crypto.getRandomValues(head.subarray(IV_AT));
  else if (iv.length === TEXT_AT - IV_AT) head.set(iv, IV_AT);
  else {
    throw new RangeError(
      `Cannot seal Fernet token: expected an iv of 16 octets, got ${iv.length}`,
    );
  }
  return head;
}

/** The initialisation vector within what {@linkcode tokenHead} has made. */
export function ivOf(head: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return head.subarray(IV_AT, TEXT_AT);
}

/**
 * Takes a token apart.
 *
 * @param token The token, base64url with padding.
 * @param options With `ttl` its time is looked at; on the wire it is not (FTC1 §3.1).
 * @returns Views of one array of octets.
 * @throws {InvalidToken} If it has not the form of a token, or is too old or too new.
 */
export function parseToken(token: string, options: OpenOptions = {}): TokenParts {
  const bytes = decodeToken(token);
  if (bytes.length < OVERHEAD + BLOCK || (bytes.length - OVERHEAD) % BLOCK !== 0) {
    throw new InvalidToken("length");
  }
  if (bytes[0] !== VERSION) throw new InvalidToken("version");
  if (options.ttl !== undefined) {
    checkTime(bytes, { ttl: options.ttl, now: options.now ?? unixTime() });
  }
  return {
    signed: bytes.subarray(0, -MAC_LENGTH),
    iv: bytes.subarray(IV_AT, TEXT_AT),
    text: bytes.subarray(TEXT_AT, -MAC_LENGTH),
    mac: bytes.subarray(-MAC_LENGTH),
  };
}

/**
 * Spells a finished token.
 *
 * @param octets All parts, joined.
 */
export function spellToken(octets: Uint8Array): string {
  return encodePaddedBase64Url(octets);
}

function writeTime(head: Uint8Array<ArrayBuffer>, time: number): void {
  if (!Number.isSafeInteger(time) || time < 0) {
    throw new RangeError(`Cannot write integer: ${time} does not fit 8 octets`);
  }
  const view = new DataView(head.buffer);
  view.setUint32(1, Math.floor(time / 2 ** 32));
  view.setUint32(5, time % 2 ** 32);
}

function decodeToken(token: string): Uint8Array<ArrayBuffer> {
  try {
    return unshared(decodePaddedBase64Url(token));
  } catch {
    throw new InvalidToken("encoding");
  }
}

function checkTime(bytes: Uint8Array, { ttl, now }: { ttl: number; now: number }): void {
  const sealed = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1));
  if (sealed + ttl < now) throw new InvalidToken("expired");
  if (sealed > now + CLOCK_SKEW) throw new InvalidToken("future");
}

function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
