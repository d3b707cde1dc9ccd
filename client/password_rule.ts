/**
 * Which passwords a new account may have, and which deserve a warning.
 *
 * Only the client can judge: the server never sees a password. Existing accounts are not asked.
 * Source: FTC1 §4.4.
 *
 * @module
 */

import { BadPassword, type BadPasswordReason, preparePassword } from "../cipher/password.ts";
import { COMMON_LONG_PASSWORDS } from "./common_passwords.ts";

/** Characters that a password must have. */
const FEWEST = 8;

/** Characters from which on there is no warning about the length. */
const ENOUGH = 12;

/** Why it matters: the vault opens with nothing else (FTC1 §7.2). */
const ONLY_KEY = "It is the only key to your history.";

/** What is to be said about a password. */
export type PasswordAdvice =
  | { readonly type: "good" }
  | { readonly type: "weak" | "refused"; readonly text: string };

/**
 * Judges the password of a new account.
 *
 * @param password As typed.
 * @returns `refused` with the reason behind `ERROR: `, `weak` with a warning, or `good`.
 */
export function judgePassword(password: string): PasswordAdvice {
  const fault = passwordFault(password);
  if (fault !== null) return { type: "refused", text: fault };
  const length = [...password.normalize("NFC")].length;
  if (length < FEWEST) {
    return {
      type: "refused",
      text: `Password too short: at least ${FEWEST} characters. ${ONLY_KEY}`,
    };
  }
  if (length < ENOUGH) {
    return weak(`a password of fewer than ${ENOUGH} characters is soon guessed`);
  }
  return isCommon(password)
    ? weak("a password that many people have is soon guessed")
    : { type: "good" };
}

/**
 * Says why no account, new or old, can have a password.
 *
 * @param password As typed.
 * @returns A sentence, or `null` where it can be used.
 */
export function passwordFault(password: string): string | null {
  try {
    preparePassword(password);
    return null;
  } catch (error) {
    if (error instanceof BadPassword) return FAULTS[error.reason];
    throw error;
  }
}

const FAULTS: { readonly [R in BadPasswordReason]: string } = {
  "empty": "The password is empty.",
  "too-long": "Password too long: at most 1,024 octets.",
  "control": "The password contains control characters.",
  "unassigned": "The password contains characters that Unicode does not know.",
  "ill-formed": "The password is not well-formed text.",
};

function weak(reason: string): PasswordAdvice {
  return {
    type: "weak",
    text: `WARNING: ${reason} by whoever gets the server's data. ${ONLY_KEY}`,
  };
}

function isCommon(password: string): boolean {
  const lower = password.toLowerCase();
  // One to six characters over and over.
  return COMMON_LONG_PASSWORDS.has(lower) || /^(.{1,6}?)\1+$/u.test(lower) || isRun(lower);
}

/** Whether every character is the neighbour of the one before: `abcdefghijkl`, `210987…`. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return Math.abs(step) <= 1 &&
    codes.every((code, at) => at === 0 || code - (codes[at - 1] ?? 0) === step);
}
