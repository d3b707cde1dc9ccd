/**
 * Fernet once more, by node:crypto: the same tokens without waiting, for keys that are used once.
 *
 * Each call of Web Crypto goes through a thread of its own and costs more than the cryptography of a
 * short frame, and a key that is used once must be imported each time. For anything but frames there is
 * `fernet.ts`; `frame_cipher.ts` chooses.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, timingSafeEqual } from "node:crypto";
import { concat, unshared } from "./bytes.ts";
import { hmacSha256 } from "./hmac.ts";
import {
  InvalidToken,
  ivOf,
  type OpenOptions,
  parseToken,
  type SealOptions,
  spellToken,
  tokenHead,
} from "./fernet_token.ts";

const KEY = 32;
const MAC = 32;
const CIPHER = "aes-128-cbc";

/**
 * Seals a message into a token.
 *
 * @param key Signing key and encryption key, 32 octets.
 * @param message Any octets, the empty string included.
 * @param options Time and initialisation vector.
 * @returns The token, base64url with padding.
 * @throws {RangeError} If the key, `iv` or `now` is out of range.
 */
export function sealSync(
  key: Uint8Array,
  message: Uint8Array,
  options: SealOptions = {},
): string {
  const { signing, encryption } = halves(key);
  const head = tokenHead(options);
  const cipher = createCipheriv(CIPHER, encryption, ivOf(head));
  return finish(signing, head, cipher.update(message), cipher.final());
}

/**
 * Seals as {@linkcode sealSync} does, but leaves AES to Web Crypto: for long messages.
 *
 * @param key Signing key and encryption key, 32 octets.
 * @param message Any octets.
 * @param options Time and initialisation vector.
 * @returns The token.
 * @throws {RangeError} If the key, `iv` or `now` is out of range.
 */
export async function sealLong(
  key: Uint8Array,
  message: Uint8Array,
  options: SealOptions = {},
): Promise<string> {
  const { signing, encryption } = halves(key);
  const head = tokenHead(options);
  const aes = await importAes(encryption, "encrypt");
  const algorithm = { name: "AES-CBC", iv: ivOf(head) };
  const text = await crypto.subtle.encrypt(algorithm, aes, unshared(message));
  return finish(signing, head, new Uint8Array(text));
}

/**
 * Opens a token. The MAC is checked, in constant time, before decryption.
 *
 * @param key Signing key and encryption key, 32 octets.
 * @param token The token, base64url with padding.
 * @param options Greatest age and clock.
 * @returns The message.
 * @throws {InvalidToken} If any check fails; `reason` says which.
 * @throws {RangeError} If the key has another length.
 */
export function openSync(
  key: Uint8Array,
  token: string,
  options: OpenOptions = {},
): Uint8Array {
  const { encryption, iv, text } = verified(key, token, options);
  const decipher = createDecipheriv(CIPHER, encryption, iv);
  const first = decipher.update(text);
  try {
    // Without `final` Deno keeps the decipher for ever.
    return concat(first, decipher.final());
  } catch {
    throw new InvalidToken("padding");
  }
}

/**
 * Opens as {@linkcode openSync} does, but leaves AES to Web Crypto: for long messages.
 *
 * @param key Signing key and encryption key, 32 octets.
 * @param token The token, base64url with padding.
 * @param options Greatest age and clock.
 * @returns The message.
 * @throws {InvalidToken} If any check fails; `reason` says which.
 * @throws {RangeError} If the key has another length.
 */
export async function openLong(
  key: Uint8Array,
  token: string,
  options: OpenOptions = {},
): Promise<Uint8Array> {
  const { encryption, iv, text } = verified(key, token, options);
  const aes = await importAes(encryption, "decrypt");
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, text));
  } catch {
    throw new InvalidToken("padding");
  }
}

function finish(signing: Uint8Array, ...parts: readonly Uint8Array[]): string {
  const token = concat(...parts, new Uint8Array(MAC));
  const signed = token.subarray(0, -MAC);
  token.set(hmacSha256(signing, signed), signed.length);
  return spellToken(token);
}

function verified(key: Uint8Array, token: string, options: OpenOptions) {
  const { signing, encryption } = halves(key);
  const { signed, iv, text, mac } = parseToken(token, options);
  if (!timingSafeEqual(hmacSha256(signing, signed), mac)) throw new InvalidToken("mac");
  return { encryption, iv, text };
}

function importAes(key: Uint8Array, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", unshared(key), "AES-CBC", false, [usage]);
}

function halves(key: Uint8Array) {
  if (key.length !== KEY) {
    throw new RangeError(`Cannot use Fernet key: expected 32 octets, got ${key.length}`);
  }
  return { signing: key.subarray(0, KEY / 2), encryption: key.subarray(KEY / 2) };
}
