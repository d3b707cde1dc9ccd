/**
 * The end-to-end identity of an account, all of it from one random root.
 *
 * ```
 * sign = Ed25519 of KDF(R, "", "ftc1 id sign")         xkey = X25519 of KDF(R, "", "ftc1 id x25519")
 * kem  = ML-KEM-768 of KDF(R, "", "ftc1 id mlkem", 64)  state key = KDF(R, "", "ftc1 state key")
 * fp   = H("ftc1 user identity\0" ‖ realm ‖ vec8(user) ‖ ed(32) ‖ x(32) ‖ ek(1184))
 * ```
 *
 * The root lives in the vault (`vault.ts`), the public keys in the key record (`key_record.ts`).
 * Not the login: that key comes from the password and changes with it.
 *
 * Source: FTC1 §7.1.
 *
 * @module
 */

import { concat, label, vec8 } from "./bytes.ts";
import { importEd25519 } from "./ed25519.ts";
import { hash, kdf } from "./kdf.ts";
import { importMlkem } from "./mlkem.ts";
import { importX25519 } from "./x25519.ts";

/** Whose keys they are. */
export interface IdentityScope {
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** The canonical name. */
  readonly user: string;
}

/** The public half of an identity. */
export interface IdentityPublicKeys {
  /** Ed25519, 32 octets. */
  readonly ed25519: Uint8Array;
  /** X25519, 32 octets. */
  readonly x25519: Uint8Array;
  /** ML-KEM-768 encapsulation key, 1,184 octets. */
  readonly mlkem: Uint8Array;
}

/** An identity of this client's user. */
export interface Identity extends IdentityScope, IdentityPublicKeys {
  /** Signs records and messages; not extractable. */
  readonly signKey: CryptoKey;
  /** X25519 private key; not extractable. */
  readonly x25519Key: CryptoKey;
  /** ML-KEM-768 private key; not extractable. */
  readonly mlkemKey: CryptoKey;
  /** `fp`, 32 octets. */
  readonly fingerprint: Uint8Array;
  /** The Fernet key of the client state (FTC1 §7.7), 32 octets. */
  readonly stateKey: Uint8Array;
}

/**
 * Makes a new root.
 *
 * @returns 32 random octets.
 */
export function generateRoot(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/**
 * Derives an identity.
 *
 * @param root 32 octets.
 * @param scope Whose it is; goes into the fingerprint only.
 * @returns The identity.
 * @throws {RangeError} If the root or the realm has a wrong length.
 */
export async function deriveIdentity(root: Uint8Array, scope: IdentityScope): Promise<Identity> {
  if (root.length !== 32) {
    throw new RangeError(`Cannot derive identity: expected 32 octets, got ${root.length}`);
  }
  const [sign, x, kem, stateKey] = await Promise.all([
    kdf(root, "", "ftc1 id sign").then(importEd25519),
    kdf(root, "", "ftc1 id x25519").then(importX25519),
    kdf(root, "", "ftc1 id mlkem", 64).then(importMlkem),
    kdf(root, "", "ftc1 state key"),
  ]);
  const keys = { ed25519: sign.publicKey, x25519: x.publicKey, mlkem: kem.publicKey };
  return {
    realm: scope.realm.slice(),
    user: scope.user,
    ...keys,
    signKey: sign.privateKey,
    x25519Key: x.privateKey,
    mlkemKey: kem.privateKey,
    fingerprint: await userFingerprint(keys, scope),
    stateKey,
  };
}

/**
 * Computes the fingerprint of a user's keys.
 *
 * @param keys The public keys.
 * @param scope Whose they are.
 * @returns `fp`, 32 octets.
 * @throws {RangeError} If the realm or a key has a wrong length.
 */
export async function userFingerprint(
  keys: IdentityPublicKeys,
  scope: IdentityScope,
): Promise<Uint8Array> {
  const fields = concat(scope.realm, keys.ed25519, keys.x25519, keys.mlkem);
  if (scope.realm.length !== 16 || fields.length !== 16 + 32 + 32 + 1184) {
    throw new RangeError("Cannot compute fingerprint: a field has a wrong length");
  }
  return await hash(
    label("ftc1 user identity"),
    scope.realm,
    vec8(scope.user),
    fields.subarray(scope.realm.length),
  );
}
