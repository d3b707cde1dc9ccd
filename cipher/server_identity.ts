/**
 * What a server is known by: its Ed25519 key, and the realm that names its database.
 *
 * The seed and the realm come from the key file (FTC1 §5), which is not read here. The fingerprint
 * is what users compare and what `--fingerprint` and known_hosts hold; it is always shown whole.
 *
 * Source: FTC1 §3.2.
 *
 * @module
 */

import { encodeBase64Url } from "./base64url.ts";
import { label } from "./bytes.ts";
import { importEd25519 } from "./ed25519.ts";
import { hash } from "./kdf.ts";

/** A server's long-term identity. */
export interface ServerIdentity {
  /** Signs handshakes; not extractable. */
  readonly signKey: CryptoKey;
  /** `ID`, the Ed25519 public key, 32 octets. */
  readonly publicKey: Uint8Array;
  /** Random name of the database, 16 octets. */
  readonly realm: Uint8Array;
  /** `ftc1:` and 43 characters, see {@linkcode serverFingerprint}. */
  readonly fingerprint: string;
}

/**
 * Imports an identity.
 *
 * @param seed Ed25519 private seed, 32 octets.
 * @param realm 16 octets; copied.
 * @returns The identity.
 * @throws {RangeError} If a length is wrong.
 */
export async function importServerIdentity(
  seed: Uint8Array,
  realm: Uint8Array,
): Promise<ServerIdentity> {
  if (realm.length !== 16) {
    throw new RangeError(
      `Cannot import server identity: expected a realm of 16 octets, got ${realm.length}`,
    );
  }
  const { privateKey, publicKey } = await importEd25519(seed);
  return {
    signKey: privateKey,
    publicKey,
    realm: realm.slice(),
    fingerprint: await serverFingerprint(publicKey),
  };
}

/**
 * Computes the fingerprint of a server.
 *
 * @param publicKey `ID`, 32 octets.
 * @returns `"ftc1:" ‖ base64url-nopad(H("ftc1 server identity\0" ‖ ID))`.
 */
export async function serverFingerprint(publicKey: Uint8Array): Promise<string> {
  return "ftc1:" + encodeBase64Url(await hash(label("ftc1 server identity"), publicKey));
}
