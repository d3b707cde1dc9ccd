/**
 * The shared secret of a server and its users, and the key that every hello is sealed under.
 *
 * The file of `--secret-file` holds one Fernet key, 44 characters of base64url, and nothing else
 * but a final line feed. A passphrase does not fit that format, on purpose: a recorded hello lets
 * an attacker test guesses offline. Without a secret the hello key is a public constant, and
 * sealing a hello hides nothing.
 *
 * Source: FTC1 §3.2, §3.3, D3.
 *
 * @module
 */

import { decodePaddedBase64Url } from "./base64url.ts";
import { isZero } from "./bytes.ts";
import { generateKey } from "./fernet.ts";
import { kdf } from "./kdf.ts";

/** What stands for "no shared secret" in every computation: 32 zero octets. */
export const NO_SECRET: Uint8Array = new Uint8Array(32);

/**
 * Reads the content of a secret file.
 *
 * @param text One Fernet key in base64url with padding; one line feed may follow.
 * @returns The secret, 32 octets.
 * @throws {RangeError} If the text is anything else, or the secret is 32 zero octets.
 */
export function parseSharedSecret(text: string): Uint8Array {
  const secret = decodeSecret(text.replace(/\n$/, ""));
  if (secret.length !== 32) throw refusal("expected one Fernet key, 44 characters of base64url");
  if (isZero(secret)) throw refusal("32 zero octets mean none");
  return secret;
}

/**
 * Makes a new secret.
 *
 * @returns The line of a secret file, 44 characters, without line feed.
 */
export function generateSharedSecret(): string {
  return generateKey();
}

/**
 * Derives the key that hellos are sealed under. It is the same for all protocol versions.
 *
 * @param psk The shared secret, or {@linkcode NO_SECRET}.
 * @returns A Fernet key, 32 octets.
 * @throws {RangeError} If the secret is not 32 octets.
 */
export async function helloKey(psk: Uint8Array): Promise<Uint8Array> {
  if (psk.length !== 32) {
    throw new RangeError(`Cannot derive hello key: expected 32 octets, got ${psk.length}`);
  }
  return await kdf(psk, "", "ftc1 hello");
}

function decodeSecret(text: string): Uint8Array {
  try {
    return decodePaddedBase64Url(text);
  } catch {
    throw refusal("expected one Fernet key, 44 characters of base64url");
  }
}

function refusal(state: string): RangeError {
  return new RangeError(`Cannot read shared secret: ${state}`);
}
