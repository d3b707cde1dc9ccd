/**
 * Octets as base64url text, each with exactly one spelling.
 *
 * Two forms: without padding for octet strings in JSON and in fingerprints (FTC1 §3.7), with
 * padding for Fernet keys and tokens (FTC1 §3.1). Decoding is strict: characters outside the
 * alphabet, blanks, missing or superfluous padding and non-zero trailing bits are refused.
 * Not for standard base64.
 *
 * Source: RFC 4648 §5 and §3.5; FTC1 §10, trap 4.
 *
 * @module
 */

import { unshared } from "./bytes.ts";

/** Text that is not base64url in the form that was asked for. */
export class InvalidBase64Url extends Error {
  /** Always `InvalidBase64Url`. */
  override readonly name = "InvalidBase64Url";
}

/**
 * Encodes without padding.
 *
 * @param bytes Any octets.
 * @returns ⌈4n/3⌉ characters.
 */
export function encodeBase64Url(bytes: Uint8Array): string {
  return unshared(bytes).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Decodes text without padding.
 *
 * @param text The only spelling of some octets.
 * @param options `length`: how many octets it must stand for.
 * @returns The octets.
 * @throws {InvalidBase64Url} If the text is not canonical, or of another length.
 */
export function decodeBase64Url(text: string, options: { length?: number } = {}): Uint8Array {
  const bytes = decode(text, /^[\w-]*$/);
  if (encodeBase64Url(bytes) !== text) throw refusal();
  if (options.length !== undefined && bytes.length !== options.length) {
    throw new InvalidBase64Url(
      `Cannot decode base64url: expected ${options.length} octets, got ${bytes.length}`,
    );
  }
  return bytes;
}

/**
 * Encodes with padding.
 *
 * @param bytes Any octets.
 * @returns 4⌈n/3⌉ characters.
 */
export function encodePaddedBase64Url(bytes: Uint8Array): string {
  return unshared(bytes).toBase64({ alphabet: "base64url" });
}

/**
 * Decodes text with padding, as in Fernet.
 *
 * @param text The only spelling of some octets.
 * @returns The octets.
 * @throws {InvalidBase64Url} If the text is not canonical.
 */
export function decodePaddedBase64Url(text: string): Uint8Array {
  const bytes = decode(text, /^[\w-]*={0,2}$/);
  if (encodePaddedBase64Url(bytes) !== text) throw refusal();
  return bytes;
}

function decode(text: string, alphabet: RegExp): Uint8Array {
  // fromBase64 skips white space; the alphabet is tested first.
  if (!alphabet.test(text)) throw refusal();
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw refusal();
  }
}

function refusal(): InvalidBase64Url {
  return new InvalidBase64Url("Cannot decode base64url: not canonical");
}
