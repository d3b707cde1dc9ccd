/**
 * The header that begins every message of the handshake, and the layout of the hellos.
 *
 * ```
 *  0  4  "FTC1"                                       client hello, 1,232 octets:
 *  4  1  type: 1 client hello, 2 server hello,          16   32  X25519 public key
 *              255 alert                                48 1184  ML-KEM-768 encapsulation key
 *  5  1  number of versions, 1–8
 *  6  8  versions, strictly descending, zero filled   server hello, 1,136 octets:
 * 14  1  0 | selected version | alert code              16   32  X25519 public key
 * 15  1  0                                              48 1088  ML-KEM-768 ciphertext
 * ```
 *
 * The header is frozen for all versions, so a side that knows only other versions can still say so.
 * Plaintexts only: sealing, and what an error means, is the handshake's part.
 *
 * Source: FTC1 §3.4, §3.9.
 *
 * @module
 */

import { concat, equal, utf8 } from "./bytes.ts";

/** The type octet of a header. */
export const HELLO_TYPE = { client: 1, server: 2, alert: 255 } as const;

/** Octets of a client hello that offers version 1 alone. */
export const CLIENT_HELLO_LENGTH = 1232;

/** Octets of a server hello of version 1. */
export const SERVER_HELLO_LENGTH = 1136;

/** Octets of a header, and of an alert. */
export const HEADER_LENGTH = 16;

const MAGIC = utf8("FTC1");
const LIST_AT = 6;
const LIST_LENGTH = 8;
const SHARE_AT = 16;
const KEM_AT = 48;

/** A header, its list of versions checked. */
export interface HelloHeader {
  /** One of {@linkcode HELLO_TYPE}. */
  readonly type: number;
  /** Versions the sender supports: 1 to 8 of them, strictly descending, none 0. */
  readonly versions: readonly number[];
  /** Client hello: 0. Server hello: the selected version. Alert: its code. */
  readonly code: number;
}

/** The two shares of a hello. */
export interface HelloShares {
  /** X25519 public key, 32 octets. */
  readonly x25519: Uint8Array;
  /** The rest: ML-KEM-768 encapsulation key or ciphertext. */
  readonly mlkem: Uint8Array;
}

/**
 * Writes a header.
 *
 * @param header Its fields.
 * @returns 16 octets.
 * @throws {RangeError} If the list of versions is not of the required form.
 */
export function encodeHeader({ type, versions, code }: HelloHeader): Uint8Array {
  const list = new Uint8Array(LIST_LENGTH);
  if (!isVersionList(versions)) {
    throw new RangeError(
      `Cannot write hello: expected 1 to 8 descending versions, got [${versions}]`,
    );
  }
  list.set(versions);
  return concat(
    MAGIC,
    Uint8Array.of(type, versions.length),
    list,
    Uint8Array.of(code, 0),
  );
}

/**
 * Reads the header of a message.
 *
 * @param message An opened token, of any length.
 * @returns The header; or nothing if one octet of it is not as required.
 */
export function parseHeader(message: Uint8Array): HelloHeader | undefined {
  if (message.length < HEADER_LENGTH) return undefined;
  const [type = 0, count = 0] = message.subarray(4, LIST_AT);
  const [code = 0] = message.subarray(LIST_AT + LIST_LENGTH);
  const versions = [...message.subarray(LIST_AT, LIST_AT + Math.min(count, LIST_LENGTH))];
  const header = { type, versions, code };
  if (count > LIST_LENGTH || !isVersionList(versions)) return undefined;
  return equal(encodeHeader(header), message.subarray(0, HEADER_LENGTH)) ? header : undefined;
}

/**
 * Writes a hello.
 *
 * @param header Its header.
 * @param shares Its shares.
 * @returns The plaintext.
 */
export function encodeHello(header: HelloHeader, shares: HelloShares): Uint8Array {
  return concat(encodeHeader(header), shares.x25519, shares.mlkem);
}

/**
 * Reads the shares of a hello.
 *
 * @param message An opened token.
 * @param length Octets the hello has in version 1; what follows them is not looked at.
 * @returns The shares, not checked to be valid keys.
 */
export function readShares(message: Uint8Array, length: number): HelloShares {
  return { x25519: message.slice(SHARE_AT, KEM_AT), mlkem: message.slice(KEM_AT, length) };
}

/**
 * Chooses the version: the highest in both lists.
 *
 * @param ours Versions of this side.
 * @param theirs Versions of the peer.
 * @returns The version; or nothing if there is none in common.
 */
export function highestCommon(
  ours: readonly number[],
  theirs: readonly number[],
): number | undefined {
  const common = ours.filter((version) => theirs.includes(version));
  return common.length === 0 ? undefined : Math.max(...common);
}

function isVersionList(versions: readonly number[]): boolean {
  return versions.length >= 1 && versions.length <= LIST_LENGTH &&
    versions.every((version, at) =>
      Number.isInteger(version) && version >= 1 && version < (versions[at - 1] ?? 256)
    );
}
