/**
 * A typed password as the octets that are hashed, the same however a keyboard composed it.
 *
 * Every Unicode space separator becomes U+0020, then NFC, then UTF-8. It does not judge strength,
 * and case and compatibility forms stay as typed.
 *
 * Source: FTC1 §4.2; RFC 8265 §4.2 (OpaqueString).
 *
 * @module
 */

import { utf8 } from "./bytes.ts";

/** The longest password, in octets of UTF-8. */
export const LONGEST_PASSWORD = 1024;

/** Why a password is refused. */
export type BadPasswordReason = "empty" | "too-long" | "control" | "unassigned" | "ill-formed";

/** A password that no account can have. */
export class BadPassword extends Error {
  /** Always `BadPassword`. */
  override readonly name = "BadPassword";
  /** What is wrong with it. */
  readonly reason: BadPasswordReason;

  /**
   * Names what is wrong.
   *
   * @param reason The reason; never the password.
   */
  constructor(reason: BadPasswordReason) {
    super(`Cannot use password: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Prepares a password.
 *
 * @param text What was typed.
 * @returns 1 to 1,024 octets.
 * @throws {BadPassword} If it is empty or too long, has a control character, a code point that this
 * platform's Unicode has not assigned, or a lone surrogate.
 */
export function preparePassword(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new BadPassword("ill-formed");
  if (/\p{Cc}/u.test(text)) throw new BadPassword("control");
  if (/\p{Cn}/u.test(text)) throw new BadPassword("unassigned");
  const prepared = utf8(text.replace(/\p{Zs}/gu, " ").normalize("NFC"));
  if (prepared.length === 0) throw new BadPassword("empty");
  if (prepared.length > LONGEST_PASSWORD) throw new BadPassword("too-long");
  return prepared;
}
