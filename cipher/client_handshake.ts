/**
 * The client's side of the handshake: lines in, lines out, no sockets and no timers.
 *
 * ```
 * start ──▶ helloLine ──▶ readServerHello ──▶ readServerAuth ──▶ Session
 * ```
 *
 * Every failure ends it; it is used for one connection and then dropped. Whether the server is the
 * expected one is not decided here: the caller compares the session's `serverKey` with its pin.
 *
 * Source: FTC1 §3.4, §3.5, §3.9, §3.11 (client states `start` to `check pin`).
 *
 * @module
 */

import { importKey, open, seal } from "./fernet.ts";
import { FrameKeys } from "./frame_keys.ts";
import { HandshakeError } from "./handshake_error.ts";
import {
  encodeHello,
  HEADER_LENGTH,
  HELLO_TYPE,
  type HelloHeader,
  highestCommon,
  parseHeader,
  readShares,
  SERVER_HELLO_LENGTH,
} from "./hello.ts";
import type { KeyPair } from "./key_pair.ts";
import {
  authKey,
  firstTranscript,
  masterSecret,
  secondTranscript,
  sessionKeys,
} from "./key_schedule.ts";
import { decapsulate, generateMlkem, importMlkem } from "./mlkem.ts";
import { checkServerAuth } from "./server_auth.ts";
import { serverFingerprint } from "./server_identity.ts";
import type { Session } from "./session.ts";
import { helloKey, NO_SECRET } from "./shared_secret.ts";
import { agreeX25519, generateX25519, importX25519 } from "./x25519.ts";

/** The version this module can carry out. */
const IMPLEMENTED = 1;

/** Fixed values in place of random ones, for test vectors only. */
export interface ClientHandshakeKeys {
  /** X25519 private key, 32 octets. */
  readonly x25519: Uint8Array;
  /** ML-KEM-768 seed, 64 octets. */
  readonly mlkemSeed: Uint8Array;
  /** The iv of the hello's token, 16 octets. */
  readonly iv: Uint8Array;
}

/** How a client begins. */
export interface ClientHandshakeOptions {
  /** The shared secret, 32 octets; none by default. */
  readonly psk?: Uint8Array;
  /** Versions to offer, strictly descending; `[1]` by default, others in tests only. */
  readonly versions?: readonly number[];
  /** Unix seconds to write into the hello; the clock by default. */
  readonly now?: number;
  /** Fixed values, for test vectors only. */
  readonly keys?: ClientHandshakeKeys;
}

/** What the client keeps between hello and server hello. */
interface Offer {
  readonly versions: readonly number[];
  readonly psk: Uint8Array;
  readonly x25519: KeyPair;
  readonly mlkem: KeyPair;
}

/** What the client keeps between server hello and server auth. */
interface Agreement {
  readonly version: number;
  readonly transcript: Uint8Array;
  readonly master: Uint8Array;
}

/** One attempt of a client to make a session. */
export class ClientHandshake {
  /** The client hello, to be written followed by a line feed. */
  readonly helloLine: string;
  #offer: Offer | undefined;
  #agreement: Agreement | undefined;

  private constructor(helloLine: string, offer: Offer) {
    this.helloLine = helloLine;
    this.#offer = offer;
  }

  /**
   * Makes fresh keys and the client hello.
   *
   * @param options Secret and versions.
   * @returns The handshake; its `helloLine` is what is sent first.
   * @throws {RangeError} If the secret or the list of versions is not of the required form.
   */
  static async start(options: ClientHandshakeOptions = {}): Promise<ClientHandshake> {
    const { psk = NO_SECRET, versions = [IMPLEMENTED], keys, now } = options;
    const [x25519, mlkem, sealing] = await Promise.all([
      keys ? importX25519(keys.x25519) : generateX25519(),
      keys ? importMlkem(keys.mlkemSeed) : generateMlkem(),
      helloKey(psk).then(importKey),
    ]);
    const hello = encodeHello(
      { type: HELLO_TYPE.client, versions, code: 0 },
      { x25519: x25519.publicKey, mlkem: mlkem.publicKey },
    );
    const line = await seal(sealing, hello, {
      ...(now === undefined ? {} : { now }),
      ...(keys === undefined ? {} : { iv: keys.iv }),
    });
    return new ClientHandshake(line, { versions, psk, x25519, mlkem });
  }

  /**
   * Reads the first line of the server.
   *
   * @param line The line, without line feed.
   * @throws {HandshakeError} `alert`, `bad_hello`, `version`, `downgrade` or `bad_share`.
   * @throws {Error} If it is not the time for it.
   */
  async readServerHello(line: string): Promise<void> {
    const offer = this.#offer;
    this.#offer = undefined;
    if (offer === undefined) throw new Error("Cannot read server hello: not waiting for it");
    const message = await openHello(line, offer.psk);
    const header = readHeader(message);
    const version = checkVersion(header, offer.versions);
    if (message.length !== SERVER_HELLO_LENGTH) throw new HandshakeError("bad_hello");
    const shares = readShares(message, SERVER_HELLO_LENGTH);
    const x25519 = await agreeX25519(offer.x25519.privateKey, shares.x25519);
    if (x25519 === undefined) throw new HandshakeError("bad_share");
    const mlkem = await decapsulate(offer.mlkem.privateKey, shares.mlkem);
    const transcript = firstTranscript(this.helloLine, line);
    const master = masterSecret({ mlkem, x25519, psk: offer.psk }, transcript);
    this.#agreement = { version, transcript, master };
  }

  /**
   * Reads the second line of the server.
   *
   * @param line The line, without line feed.
   * @returns The session; its `serverKey` is still to be compared with the pin.
   * @throws {HandshakeError} `bad_auth`.
   * @throws {Error} If it is not the time for it.
   */
  async readServerAuth(line: string): Promise<Session> {
    const agreement = this.#agreement;
    this.#agreement = undefined;
    if (agreement === undefined) throw new Error("Cannot read server auth: not waiting for it");
    const { version, transcript, master } = agreement;
    const message = await open(await importKey(authKey(master)), line).catch(() => undefined);
    const server = message && await checkServerAuth(message, { version, transcript });
    if (server === undefined) throw new HandshakeError("bad_auth");
    const keys = sessionKeys(master, secondTranscript(transcript, line));
    return {
      version,
      ...server,
      fingerprint: await serverFingerprint(server.serverKey),
      channelBinding: keys.channelBinding,
      sending: new FrameKeys(keys.clientToServer),
      receiving: new FrameKeys(keys.serverToClient),
    };
  }
}

async function openHello(line: string, psk: Uint8Array): Promise<Uint8Array> {
  try {
    return await open(await importKey(await helloKey(psk)), line);
  } catch {
    throw new HandshakeError("bad_hello");
  }
}

function readHeader(message: Uint8Array): HelloHeader {
  const header = parseHeader(message);
  if (header?.type === HELLO_TYPE.alert && message.length === HEADER_LENGTH) {
    throw new HandshakeError("alert", { alert: header.code });
  }
  if (header?.type !== HELLO_TYPE.server) throw new HandshakeError("bad_hello");
  return header;
}

function checkVersion(header: HelloHeader, ours: readonly number[]): number {
  const selected = header.code;
  if (!ours.includes(selected)) throw new HandshakeError("version");
  if (selected !== highestCommon(ours, header.versions)) throw new HandshakeError("downgrade");
  if (selected !== IMPLEMENTED) throw new HandshakeError("version");
  return selected;
}
