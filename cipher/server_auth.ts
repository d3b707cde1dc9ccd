/**
 * The server auth message: who the server is, signed over the exchange so far.
 *
 * ```
 *  0  4  "FTC1"            6  2  0             24 32  ID
 *  4  1  3                 8 16  realm         56 64  signature by ID over
 *  5  1  selected version                             "ftc1 server auth\0" ‖ T1 ‖ SA[0..56)
 * ```
 *
 * 120 octets, the plaintext only: it travels in a token under `K_auth`, whose MAC proves that the
 * one who signed also holds the session's secret.
 *
 * Source: FTC1 §3.4, §3.5.
 *
 * @module
 */

import { concat, equal, label, utf8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import type { ServerIdentity } from "./server_identity.ts";

const LENGTH = 120;
const REALM_AT = 8;
const IDENTITY_AT = 24;
const SIGNATURE_AT = 56;

/** What a server auth is bound to. */
export interface ServerAuthContext {
  /** The selected version. */
  readonly version: number;
  /** `T1`, 32 octets. */
  readonly transcript: Uint8Array;
}

/** What a genuine server auth says. */
export interface AuthenticatedServer {
  /** `ID`, 32 octets. */
  readonly serverKey: Uint8Array;
  /** 16 octets. */
  readonly realm: Uint8Array;
}

/**
 * Writes and signs a server auth.
 *
 * @param identity The server's.
 * @param context What it is bound to.
 * @returns 120 octets.
 */
export async function encodeServerAuth(
  identity: ServerIdentity,
  context: ServerAuthContext,
): Promise<Uint8Array> {
  const signed = concat(head(context.version), identity.realm, identity.publicKey);
  const signature = await signEd25519(identity.signKey, message(signed, context.transcript));
  return concat(signed, signature);
}

/**
 * Checks a server auth: length, layout, version, identity not of small order, signature.
 *
 * @param bytes The opened token.
 * @param context What it must be bound to.
 * @returns What it says; or nothing if any check fails.
 */
export async function checkServerAuth(
  bytes: Uint8Array,
  context: ServerAuthContext,
): Promise<AuthenticatedServer | undefined> {
  if (bytes.length !== LENGTH) return undefined;
  if (!equal(bytes.subarray(0, REALM_AT), head(context.version))) return undefined;
  const signed = bytes.subarray(0, SIGNATURE_AT);
  const serverKey = bytes.slice(IDENTITY_AT, SIGNATURE_AT);
  const genuine = await verifyEd25519(
    bytes.subarray(SIGNATURE_AT),
    message(signed, context.transcript),
    { publicKey: serverKey },
  );
  return genuine ? { serverKey, realm: bytes.slice(REALM_AT, IDENTITY_AT) } : undefined;
}

function head(version: number): Uint8Array {
  return concat(utf8("FTC1"), Uint8Array.of(3, version, 0, 0));
}

function message(signed: Uint8Array, transcript: Uint8Array): Uint8Array {
  return concat(label("ftc1 server auth"), transcript, signed);
}
