/**
 * Two linked peers without sockets: a real handshake, a pair of ends in memory, and a peer who seals
 * whatever a test wants.
 *
 * @module
 */

import { importKey, open, seal } from "../../cipher/fernet.ts";
import type { FrameKeys } from "../../cipher/frame_keys.ts";
import { answerHello, ClientHandshake, type Session } from "../../cipher/handshake.ts";
import { importServerIdentity, type ServerIdentity } from "../../cipher/server_identity.ts";
import { decodeFrame, type FrameObject } from "../../protocol/frame.ts";
import { MAX_EARLY_LINE_OCTETS, MAX_LINE_OCTETS } from "../../protocol/limits.ts";
import { LineReader } from "../../transport/line_reader.ts";
import { Link, type LinkOptions } from "../../transport/link.ts";
import { type DuplexEnd, duplexPair } from "./duplex.ts";

/** A server identity that is always the same. */
export function testIdentity(): Promise<ServerIdentity> {
  return importServerIdentity(new Uint8Array(32).fill(5), new Uint8Array(16).fill(6));
}

/** Plays a handshake: the sessions of both sides. */
export async function linkedSessions(): Promise<{ client: Session; server: Session }> {
  const handshake = await ClientHandshake.start();
  const { lines, session } = await answerHello(handshake.helloLine, {
    identity: await testIdentity(),
  });
  await handshake.readServerHello(lines[0]);
  return { client: await handshake.readServerAuth(lines[1]), server: session };
}

/** One side that is a link, and a peer of whom the test holds keys and connection. */
export interface LinkAndPeer {
  /** The link under test. */
  readonly link: Link;
  /** Its connection. */
  readonly conn: DuplexEnd;
  /** The other side. */
  readonly peer: Peer;
}

/** The other side of a link. */
export class Peer {
  /** Its connection. */
  readonly conn: DuplexEnd;
  readonly #session: Session;
  readonly #reader: LineReader;

  /**
   * Makes the other side.
   *
   * @param options Connection and keys.
   */
  constructor(options: { readonly conn: DuplexEnd; readonly session: Session }) {
    this.conn = options.conn;
    this.#session = options.session;
    this.#reader = new LineReader(options.conn, MAX_LINE_OCTETS);
  }

  /** The keys of what it sends. */
  get sending(): FrameKeys {
    return this.#session.sending;
  }

  /** Seals a plaintext of any kind under its next key: a line with its line feed. */
  async sealed(plaintext: string | Uint8Array): Promise<string> {
    const octets = typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
    return `${await seal(await importKey(await this.sending.next()), octets)}\n`;
  }

  /** Writes text as it is, in one segment. */
  async writes(text: string): Promise<void> {
    await this.conn.write(new TextEncoder().encode(text));
  }

  /** Seals and writes. */
  async says(...plaintexts: (string | Uint8Array)[]): Promise<void> {
    const lines: string[] = [];
    for (const plaintext of plaintexts) lines.push(await this.sealed(plaintext));
    await this.writes(lines.join(""));
  }

  /** Reads and opens the next frame as it came, a batch whole; `null` at the end. */
  async hears(): Promise<FrameObject | null> {
    const plaintext = await this.hearsOctets();
    return plaintext === null ? null : decodeFrame(plaintext);
  }

  /** Reads and opens the next frame: its plaintext with the padding. */
  async hearsOctets(): Promise<Uint8Array | null> {
    const line = await this.#reader.next();
    if (line === null) return null;
    return await open(await importKey(await this.#session.receiving.next()), line);
  }

  /** All frames up to the end of the stream; then it ends its own direction too. */
  async hearsAll(): Promise<FrameObject[]> {
    const frames: FrameObject[] = [];
    for (let frame = await this.hears(); frame !== null; frame = await this.hears()) {
      frames.push(frame);
    }
    await this.conn.closeWrite();
    return frames;
  }
}

/** Makes a link of one role and its peer. */
export async function linkAs(
  role: LinkOptions["role"],
  options: { readonly outboxOctets?: number } = {},
): Promise<LinkAndPeer> {
  const sessions = await linkedSessions();
  const [conn, peerConn] = duplexPair();
  const other = role === "server" ? "client" : "server";
  const limit = role === "server" ? MAX_EARLY_LINE_OCTETS : MAX_LINE_OCTETS;
  const reader = new LineReader(conn, limit);
  return {
    link: new Link({ conn, reader, session: sessions[role], role, ...options }),
    conn,
    peer: new Peer({ conn: peerConn, session: sessions[other] }),
  };
}

/** All that a link receives up to its end, and how it ended. */
export async function receiveAll(
  link: Link,
): Promise<{ readonly frames: FrameObject[]; readonly error: unknown }> {
  const frames: FrameObject[] = [];
  try {
    for await (const frame of link.receive()) frames.push(frame);
    return { frames, error: null };
  } catch (error) {
    return { frames, error };
  }
}
