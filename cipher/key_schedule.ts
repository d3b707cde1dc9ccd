/**
 * The key schedule: from the two shared secrets to the keys of a session.
 *
 * ```
 * T1     = H("ftc1 transcript 1\0" ‖ lp(CH line) ‖ lp(SH line))
 * MS     = KDF(ss_mlkem ‖ ss_x25519 ‖ (PSK or 32 zeros), T1, "ftc1 master")
 * K_auth = KDF(MS, "", "ftc1 s2c auth")
 * T2     = H("ftc1 transcript 2\0" ‖ T1 ‖ lp(SA line))
 * C_0, S_0, CB = KDF(MS, T2, "ftc1 c2s" | "ftc1 s2c" | "ftc1 channel binding")
 * ```
 *
 * Lines are hashed as sent, without line feed, so that a resealed hello is another transcript. The
 * secret opens only to who breaks X25519 and ML-KEM both (FTC1 §3.6). Frame keys are made from
 * the chains in `frame_keys.ts`. Nothing here waits: a trip to a thread costs more than each of these.
 *
 * Source: FTC1 §3.5.
 *
 * @module
 */

import { concat, label, lp } from "./bytes.ts";
import { hashSync, kdfSync } from "./kdf.ts";

/** The secrets that go into a session, in FTC1's order; each 32 octets. */
export interface SharedSecrets {
  /** From ML-KEM-768. */
  readonly mlkem: Uint8Array;
  /** From X25519. */
  readonly x25519: Uint8Array;
  /** The shared secret, or 32 zero octets. */
  readonly psk: Uint8Array;
}

/** What a session lives on; each 32 octets. */
export interface SessionKeys {
  /** `C_0`, the chain from client to server. */
  readonly clientToServer: Uint8Array;
  /** `S_0`, the chain from server to client. */
  readonly serverToClient: Uint8Array;
  /** `CB`, what a login signs; never sent. */
  readonly channelBinding: Uint8Array;
}

/**
 * Hashes the two hellos.
 *
 * @param clientHello The client's line, without line feed.
 * @param serverHello The server's line, without line feed.
 * @returns `T1`, 32 octets.
 */
export function firstTranscript(clientHello: string, serverHello: string): Uint8Array {
  return hashSync(label("ftc1 transcript 1"), lp(clientHello), lp(serverHello));
}

/**
 * Derives the master secret.
 *
 * @param secrets The shared secrets.
 * @param transcript `T1`.
 * @returns `MS`, 32 octets.
 */
export function masterSecret(secrets: SharedSecrets, transcript: Uint8Array): Uint8Array {
  const joined = concat(secrets.mlkem, secrets.x25519, secrets.psk);
  return kdfSync(joined, transcript, "ftc1 master");
}

/**
 * Derives the key that the server auth is sealed under.
 *
 * @param master `MS`.
 * @returns `K_auth`, a Fernet key, 32 octets.
 */
export function authKey(master: Uint8Array): Uint8Array {
  return kdfSync(master, "", "ftc1 s2c auth");
}

/**
 * Hashes the handshake to its end.
 *
 * @param first `T1`.
 * @param serverAuth The server auth's line, without line feed.
 * @returns `T2`, 32 octets.
 */
export function secondTranscript(first: Uint8Array, serverAuth: string): Uint8Array {
  return hashSync(label("ftc1 transcript 2"), first, lp(serverAuth));
}

/**
 * Derives the chains and the channel binding.
 *
 * @param master `MS`.
 * @param transcript `T2`.
 * @returns The three.
 */
export function sessionKeys(
  master: Uint8Array,
  transcript: Uint8Array,
): SessionKeys {
  return {
    clientToServer: kdfSync(master, transcript, "ftc1 c2s"),
    serverToClient: kdfSync(master, transcript, "ftc1 s2c"),
    channelBinding: kdfSync(master, transcript, "ftc1 channel binding"),
  };
}
