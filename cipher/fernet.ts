/**
 * Fernet: authenticated encryption of short messages into one line of text.
 *
 * A key is a signing key (16 octets) and an encryption key (16), written as 44 characters; the form of
 * a token is in `fernet_token.ts`. It knows nothing of lines, frames or peers. Frames, whose keys are
 * used once, may be sealed by `fernet_sync.ts` instead: `frame_cipher.ts` chooses.
 *
 * Source: https://github.com/fernet/spec/blob/master/Spec.md; FTC1 §3.1.
 *
 * @module
 */

import { decodePaddedBase64Url, encodePaddedBase64Url } from "./base64url.ts";
import { concat, unshared } from "./bytes.ts";
import {
  InvalidToken,
  ivOf,
  type OpenOptions,
  parseToken,
  type SealOptions,
  spellToken,
  tokenHead,
} from "./fernet_token.ts";

export { InvalidToken, type InvalidTokenReason } from "./fernet_token.ts";

/** A Fernet key ready for use; not extractable. Made by {@linkcode importKey}. */
export interface FernetKey {
  /** HMAC-SHA256 under octets 0–15. */
  readonly signing: CryptoKey;
  /** AES-128-CBC under octets 16–31. */
  readonly encryption: CryptoKey;
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
 * @param options Time and initialisation vector.
 * @returns The token, base64url with padding.
 * @throws {RangeError} If `iv` or `now` is out of range.
 */
export async function seal(
  key: FernetKey,
  message: Uint8Array,
  options: SealOptions = {},
): Promise<string> {
  const head = tokenHead(options);
  const text = await crypto.subtle.encrypt(
    { name: "AES-CBC", iv: ivOf(head) },
    key.encryption,
    unshared(message),
  );
  const signed = concat(head, new Uint8Array(text));
  const mac = await crypto.subtle.sign("HMAC", key.signing, unshared(signed));
  return spellToken(concat(signed, new Uint8Array(mac)));
}

/**
 * Opens a token.
 *
 * The MAC is checked, in constant time, before decryption (Fernet Spec, "Verifying", 4–6). Without
 * `ttl` the time in the token is not looked at, as on the wire (FTC1 §3.1).
 *
 * @param key The key.
 * @param token The token, base64url with padding.
 * @param options Greatest age and clock.
 * @returns The message.
 * @throws {InvalidToken} If any check fails; `reason` says which.
 */
export async function open(
  key: FernetKey,
  token: string,
  options: OpenOptions = {},
): Promise<Uint8Array> {
  const { signed, iv, text, mac } = parseToken(token, options);
  if (!await crypto.subtle.verify("HMAC", key.signing, mac, signed)) throw new InvalidToken("mac");
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key.encryption, text),
    );
  } catch {
    throw new InvalidToken("padding");
  }
}
