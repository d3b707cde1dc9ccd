/**
 * What the tests of the handshake share: an identity, a client made from a vector, and both sides
 * played against each other.
 *
 * @module
 */

import { importKey, open, seal } from "../../cipher/fernet.ts";
import { answerHello, ClientHandshake, type Session } from "../../cipher/handshake.ts";
import { importServerIdentity, type ServerIdentity } from "../../cipher/server_identity.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";

/** A server identity that is always the same. */
export function someIdentity(): Promise<ServerIdentity> {
  return importServerIdentity(new Uint8Array(32).fill(5), new Uint8Array(16).fill(6));
}

/** The private inputs of a client in a vector; hex, and the line they made. */
export interface ClientVector {
  /** The shared secret. */
  readonly psk: string;
  /** X25519 private key. */
  readonly client_x25519_private: string;
  /** ML-KEM seed. */
  readonly client_mlkem_seed: string;
  /** The line, which holds time and iv. */
  readonly client_hello_line: string;
  /** Versions offered; `[1]` if absent. */
  readonly client_versions?: readonly number[];
}

/** Starts the client of a vector, with the time and iv that its line shows. */
export function clientOf(vector: ClientVector): Promise<ClientHandshake> {
  const token = Uint8Array.fromBase64(vector.client_hello_line, { alphabet: "base64url" });
  return ClientHandshake.start({
    psk: Uint8Array.fromHex(vector.psk),
    versions: vector.client_versions ?? [1],
    now: Number(new DataView(token.buffer).getBigUint64(1)),
    keys: {
      x25519: Uint8Array.fromHex(vector.client_x25519_private),
      mlkemSeed: Uint8Array.fromHex(vector.client_mlkem_seed),
      iv: token.slice(9, 25),
    },
  });
}

/** Plays a whole handshake. */
export async function shakeHands(
  psk: Uint8Array = NO_SECRET,
): Promise<{ client: Session; server: Session }> {
  const handshake = await ClientHandshake.start({ psk });
  const answer = await answerHello(handshake.helloLine, { identity: await someIdentity(), psk });
  await handshake.readServerHello(answer.lines[0]);
  return { client: await handshake.readServerAuth(answer.lines[1]), server: answer.session };
}

/** Opens a hello, changes its octets, and seals it again: the key is public. */
export async function resealed(
  line: string,
  change: (plain: Uint8Array) => Uint8Array,
): Promise<string> {
  const key = await importKey(await helloKey(NO_SECRET));
  return await seal(key, change(await open(key, line)));
}

/** Changes one character of a line to another of the alphabet. */
export function withCharacterChanged(line: string, at: number): string {
  return line.slice(0, at) + (line[at] === "A" ? "B" : "A") + line.slice(at + 1);
}

/** Returns a function that inverts the lowest bit of one octet. */
export function invert(at: number): (plain: Uint8Array) => Uint8Array {
  return (plain) => plain.with(at, (plain[at] ?? 0) ^ 1);
}
