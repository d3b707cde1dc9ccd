/**
 * The wrap: `K` of an epoch, closed for one member with both key exchanges.
 *
 * ```
 * wrap  = E(32) ‖ ct(1088) ‖ token(105)
 * token = Fernet(KDF(ss_mlkem ‖ ss_x25519, salt, "ftc1 epoch wrap"), K)                   as octets
 * salt  = H("ftc1 wrap\0" ‖ H(epoch record) ‖ fp of member ‖ E ‖ ct)
 * ```
 *
 * `E` is an ephemeral X25519 key, `ct` an ML-KEM-768 ciphertext to the member. A wrap is not signed:
 * a `K` from it counts only if it fits the commitment in the signed record, which the caller checks.
 *
 * Source: FTC1 §7.5.
 *
 * @module
 */

import { decodePaddedBase64Url, encodePaddedBase64Url } from "./base64url.ts";
import { concat, label } from "./bytes.ts";
import { EPOCH_KEY } from "./epoch_key.ts";
import { importKey, open, seal } from "./fernet.ts";
import type { Identity } from "./identity.ts";
import { hash, kdf } from "./kdf.ts";
import type { KeyPair } from "./key_pair.ts";
import { decapsulate, encapsulate, MLKEM_CIPHERTEXT } from "./mlkem.ts";
import { agreeX25519 } from "./x25519.ts";

const SHARE = 32;
const TOKEN_AT = SHARE + MLKEM_CIPHERTEXT;

/** Octets of a wrap; its token has 105. */
export const WRAP_OCTETS = 1_225;

/** For whom a wrap is made; all from his key record. */
export interface WrapReceiver {
  /** `fp`, 32 octets. */
  readonly fingerprint: Uint8Array;
  /** X25519 public key, 32 octets. */
  readonly x25519: Uint8Array;
  /** ML-KEM-768 public key, 1,184 octets. */
  readonly mlkem: Uint8Array;
}

/** Which check a wrap failed: its length or that of the key in it, or it does not open. */
export type BadWrapReason = "layout" | "token";

/** A wrap that gives no key. */
export class BadWrap extends Error {
  /** Always `BadWrap`. */
  override readonly name = "BadWrap";
  /** The check that failed. */
  readonly reason: BadWrapReason;

  /**
   * Names the failed check.
   *
   * @param reason The check.
   */
  constructor(reason: BadWrapReason) {
    super(`Cannot open wrap: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Makes the wrap of `K` for one member.
 *
 * @param key `K`, 32 octets.
 * @param options `recordHash`: hash of the epoch record. `receiver`: the member. `ephemeral`: a fresh
 * X25519 pair, which all wraps of one operation may share.
 * @returns 1,225 octets; or null if the member's keys cannot be used.
 * @throws {RangeError} If `K`, hash or fingerprint has another length than 32.
 */
export async function makeWrap(
  key: Uint8Array,
  { recordHash, receiver, ephemeral }: {
    recordHash: Uint8Array;
    receiver: WrapReceiver;
    ephemeral: KeyPair;
  },
): Promise<Uint8Array | null> {
  const lengths = [key.length, recordHash.length, receiver.fingerprint.length];
  if (lengths.some((length) => length !== 32)) {
    throw new RangeError(`Cannot make wrap: expected 32, 32 and 32 octets, got ${lengths}`);
  }
  const agreed = await agreeX25519(ephemeral.privateKey, receiver.x25519);
  const encapsulated = await encapsulate(receiver.mlkem);
  if (agreed === undefined || encapsulated === undefined) return null;
  const shares = concat(ephemeral.publicKey, encapsulated.ciphertext);
  const wrapKey = await deriveWrapKey(concat(encapsulated.secret, agreed), {
    recordHash,
    fingerprint: receiver.fingerprint,
    shares,
  });
  const token = await seal(await importKey(wrapKey), key);
  return concat(shares, decodePaddedBase64Url(token));
}

/**
 * Opens a wrap.
 *
 * @param wrap What the server gave.
 * @param options `recordHash`: hash of the epoch record. `identity`: the member's own, at the time of
 * that epoch.
 * @returns `K`, 32 octets; whether it fits the commitment is for the caller to check.
 * @throws {BadWrap} If it has a wrong length or does not open; `reason` says which.
 */
export async function openWrap(
  wrap: Uint8Array,
  { recordHash, identity }: {
    recordHash: Uint8Array;
    identity: Pick<Identity, "fingerprint" | "x25519Key" | "mlkemKey">;
  },
): Promise<Uint8Array> {
  if (wrap.length !== WRAP_OCTETS) throw new BadWrap("layout");
  const shares = wrap.slice(0, TOKEN_AT);
  const agreed = await agreeX25519(identity.x25519Key, shares.slice(0, SHARE));
  if (agreed === undefined) throw new BadWrap("token");
  const secret = await decapsulate(identity.mlkemKey, shares.slice(SHARE));
  const wrapKey = await deriveWrapKey(concat(secret, agreed), {
    recordHash,
    fingerprint: identity.fingerprint,
    shares,
  });
  // 105 is a multiple of 3: octets and text say the same, without padding.
  const token = encodePaddedBase64Url(wrap.subarray(TOKEN_AT));
  const key = await open(await importKey(wrapKey), token).catch(() => {
    throw new BadWrap("token");
  });
  // Three blocks can hold up to 47 octets.
  if (key.length !== EPOCH_KEY) throw new BadWrap("layout");
  return key;
}

async function deriveWrapKey(
  secrets: Uint8Array,
  { recordHash, fingerprint, shares }: {
    recordHash: Uint8Array;
    fingerprint: Uint8Array;
    shares: Uint8Array;
  },
): Promise<Uint8Array> {
  const salt = await hash(label("ftc1 wrap"), recordHash, fingerprint, shares);
  return await kdf(secrets, salt, "ftc1 epoch wrap");
}
