/**
 * Fernet: authenticated encryption of short messages into one line of text.
 *
 * ```
 * key   = signing key (16) ‖ encryption key (16)                         as 44 characters
 * token = 0x80 ‖ u64 time ‖ iv (16) ‖ AES-128-CBC, PKCS7 ‖ HMAC-SHA256 (32)
 * ```
 *
 * Both as base64url with padding. Tokens are read strictly, as FTC1 §3.1 demands: one spelling, and
 * every check of form before any cryptography. It knows nothing of lines, frames or peers.
 *
 * Source: https://github.com/fernet/spec/blob/master/Spec.md; FTC1 §3.1.
 *
 * @module
 */

import { decodePaddedBase64Url, encodePaddedBase64Url } from "./base64url.ts";
import { concat, u64, unshared } from "./bytes.ts";

const VERSION = 0x80;
const IV_AT = 9;
const TEXT_AT = 25;
const MAC_LENGTH = 32;
const OVERHEAD = TEXT_AT + MAC_LENGTH;
const BLOCK = 16;
const CLOCK_SKEW = 60;

/** A Fernet key ready for use; not extractable. Made by {@linkcode importKey}. */
export interface FernetKey {
  /** HMAC-SHA256 under octets 0–15. */
  readonly signing: CryptoKey;
  /** AES-128-CBC under octets 16–31. */
  readonly encryption: CryptoKey;
}

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

/**
 * Makes a new key from the platform's random generator.
 *
 * @returns 32 octets as 44 characters of base64url.
 */
export function generateKey(): string {
  return encodePaddedBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * Imports a key.
 *
 * @param key 44 characters of base64url with padding, or 32 octets.
 * @returns The key, not extractable.
 * @throws {InvalidBase64Url} If the text is not canonical base64url.
 * @throws {RangeError} If it does not stand for 32 octets.
 */
export async function importKey(key: string | Uint8Array): Promise<FernetKey> {
  const bytes = typeof key === "string" ? decodePaddedBase64Url(key) : key;
  if (bytes.length !== 32) {
    throw new RangeError(`Cannot import Fernet key: expected 32 octets, got ${bytes.length}`);
  }
  const raw = unshared(bytes);
  const [signing, encryption] = await Promise.all([
    crypto.subtle.importKey("raw", raw.subarray(0, 16), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ]),
    crypto.subtle.importKey("raw", raw.subarray(16), "AES-CBC", false, ["encrypt", "decrypt"]),
  ]);
  return { signing, encryption };
}

/**
 * Seals a message into a token.
 *
 * @param key The key.
 * @param message Any octets, the empty string included.
 * @param options `now`: the time written, in Unix seconds (default: the clock). `iv`: 16 octets, for
 * test vectors only (default: random).
 * @returns The token, base64url with padding.
 * @throws {RangeError} If `iv` or `now` is out of range.
 */
export async function seal(
  key: FernetKey,
  message: Uint8Array,
  options: { now?: number; iv?: Uint8Array } = {},
): Promise<string> {
  const { now = unixTime(), iv = crypto.getRandomValues(new Uint8Array(16)) } = options;
  if (iv.length !== 16) {
    throw new RangeError(`Cannot seal Fernet token: expected an iv of 16 octets, got ${iv.length}`);
  }
  const text = await crypto.subtle.encrypt(
    { name: "AES-CBC", iv: unshared(iv) },
    key.encryption,
    unshared(message),
  );
  const signed = concat(Uint8Array.of(VERSION), u64(Math.floor(now)), iv, new Uint8Array(text));
  const mac = await crypto.subtle.sign("HMAC", key.signing, unshared(signed));
  return encodePaddedBase64Url(concat(signed, new Uint8Array(mac)));
}

/**
 * Opens a token.
 *
 * The MAC is checked, in constant time, before decryption (Fernet Spec, "Verifying", 4–6). Without
 * `ttl` the time in the token is not looked at, as on the wire (FTC1 §3.1).
 *
 * @param key The key.
 * @param token The token, base64url with padding.
 * @param options `ttl`: its greatest age in seconds; with it a token more than 60 s in the future
 * is refused as well. `now`: Unix seconds (default: the clock).
 * @returns The message.
 * @throws {InvalidToken} If any check fails; `reason` says which.
 */
export async function open(
  key: FernetKey,
  token: string,
  options: { ttl?: number; now?: number } = {},
): Promise<Uint8Array> {
  const bytes = parseToken(token);
  if (options.ttl !== undefined) {
    checkTime(bytes, { ttl: options.ttl, now: options.now ?? unixTime() });
  }
  const signed = bytes.subarray(0, -MAC_LENGTH);
  const mac = bytes.subarray(-MAC_LENGTH);
  if (!await crypto.subtle.verify("HMAC", key.signing, mac, signed)) throw new InvalidToken("mac");
  try {
    const message = await crypto.subtle.decrypt(
      { name: "AES-CBC", iv: signed.subarray(IV_AT, TEXT_AT) },
      key.encryption,
      signed.subarray(TEXT_AT),
    );
    return new Uint8Array(message);
  } catch {
    throw new InvalidToken("padding");
  }
}

function parseToken(token: string): Uint8Array<ArrayBuffer> {
  const bytes = unshared(decodeToken(token));
  if (bytes.length < OVERHEAD + BLOCK || (bytes.length - OVERHEAD) % BLOCK !== 0) {
    throw new InvalidToken("length");
  }
  if (bytes[0] !== VERSION) throw new InvalidToken("version");
  return bytes;
}

function decodeToken(token: string): Uint8Array {
  try {
    return decodePaddedBase64Url(token);
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
