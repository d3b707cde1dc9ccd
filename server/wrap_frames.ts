/**
 * Frames of wraps: their shape. What is in a wrap only its receiver can see (FTC1 §7.5).
 *
 * @module
 */

import { WRAP_OCTETS } from "../cipher/wrap.ts";
import type { CommandOf } from "../protocol/command.ts";
import { canonicalName } from "../protocol/name.ts";
import { decodeOctets } from "./credentials.ts";
import type { StagedWrap } from "./uploads.ts";

/** Octets of a hash, and of a fingerprint. */
const HASH_OCTETS = 32;

/**
 * Reads a frame of wraps.
 *
 * @param command As sent.
 * @returns The wraps, or `null` where one of them, or the hash, has not the right shape.
 */
export function readWraps({ record, m }: CommandOf<"wraps">): readonly StagedWrap[] | null {
  if (decodeOctets(record, HASH_OCTETS) === null) return null;
  const isRight = m.every(({ user, fp, wrap }) =>
    canonicalName(user) === user && decodeOctets(fp, HASH_OCTETS) !== null &&
    decodeOctets(wrap, WRAP_OCTETS) !== null
  );
  return isRight ? m : null;
}
