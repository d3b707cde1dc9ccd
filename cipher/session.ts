/**
 * What a finished handshake leaves: the keys of one connection.
 *
 * Made by `handshake.ts`, used by the transport for its frames and by the login for its signature.
 * It holds no socket and no user.
 *
 * Source: FTC1 §3.5.
 *
 * @module
 */

import type { FrameKeys } from "./frame_keys.ts";

/** The keys of one connection, as one side holds them. */
export interface Session {
  /** The protocol version in use. */
  readonly version: number;
  /** `ID`, the server's Ed25519 public key, 32 octets. The client compares it with its pin. */
  readonly serverKey: Uint8Array;
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** The server's fingerprint, `ftc1:` and 43 characters. */
  readonly fingerprint: string;
  /** `CB`, 32 octets: what a login signs. Never sent. */
  readonly channelBinding: Uint8Array;
  /** Keys of the frames this side writes. */
  readonly sending: FrameKeys;
  /** Keys of the frames this side reads. */
  readonly receiving: FrameKeys;
}
