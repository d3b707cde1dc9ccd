/**
 * A server that does what a test says, with one client: for playing a hostile server.
 *
 * Its handshake is made of the parts in `cipher/` and can be spoilt at every point.
 *
 * @module
 */

import { concat } from "../../cipher/bytes.ts";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import { FrameKeys } from "../../cipher/frame_keys.ts";
import {
  CLIENT_HELLO_LENGTH,
  encodeHello,
  HELLO_TYPE,
  parseHeader,
  readShares,
} from "../../cipher/hello.ts";
import {
  authKey,
  firstTranscript,
  masterSecret,
  secondTranscript,
  sessionKeys,
} from "../../cipher/key_schedule.ts";
import { encapsulate } from "../../cipher/mlkem.ts";
import { encodeServerAuth } from "../../cipher/server_auth.ts";
import { importServerIdentity, type ServerIdentity } from "../../cipher/server_identity.ts";
import type { Session } from "../../cipher/session.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";
import { agreeX25519, generateX25519 } from "../../cipher/x25519.ts";
import { closeConn } from "../../transport/close_conn.ts";
import { LineReader } from "../../transport/line_reader.ts";
import { writeAll } from "../../transport/write_all.ts";

/** Where the handshake may be spoilt; each gets what is right and returns what is used. */
export interface Spoilers {
  /** The plaintext of the server hello. */
  readonly hello?: (plain: Uint8Array) => Uint8Array;
  /** The line of the server hello, after it has gone into the transcript. */
  readonly helloLine?: (line: string) => string;
  /** What the signature in the server auth is made over, in place of `T1`. */
  readonly transcript?: (transcript: Uint8Array) => Uint8Array;
  /** The plaintext of the server auth. */
  readonly auth?: (plain: Uint8Array, transcript: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** The line of the server auth; `null` leaves it out. */
  readonly authLine?: (line: string) => string | null;
  /** Who the server says it is. */
  readonly identity?: ServerIdentity;
}

/** A server identity that is always the same. */
export function fakeIdentity(seed = 5, realm = 6): Promise<ServerIdentity> {
  return importServerIdentity(new Uint8Array(32).fill(seed), new Uint8Array(16).fill(realm));
}

/** The one connection of a fake server. */
export class FakePeer {
  readonly #conn: Deno.Conn;
  readonly #reader: LineReader;
  #session: Session | null = null;

  /**
   * Takes over a connection.
   *
   * @param conn Accepted.
   */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#reader = new LineReader(conn, 1_048_576);
  }

  /** What the handshake agreed on. */
  get session(): Session {
    if (this.#session === null) throw new Error("Cannot use session: no handshake yet");
    return this.#session;
  }

  /** Reads a line, or `null` at the end. */
  async line(): Promise<string | null> {
    return await this.#reader.next().catch(() => null);
  }

  /** Reads a frame, or `null` at the end. */
  async frame(): Promise<{ readonly t: string; readonly [field: string]: unknown } | null> {
    const line = await this.line();
    if (line === null) return null;
    const plain = await open(await importKey(await this.session.receiving.next()), line);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  /** Counts the lines that still come until the client closes. */
  async linesToTheEnd(): Promise<number> {
    let lines = 0;
    while (await this.line() !== null) lines++;
    return lines;
  }

  /** Writes; nothing is reported where the client is gone. */
  async write(data: string | Uint8Array): Promise<void> {
    const octets = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await writeAll(this.#conn, octets).catch(() => {});
  }

  /** Sends a plaintext, or an object as JSON, in one frame. */
  async send(
    plaintext: string | Uint8Array | { readonly t: string; readonly [field: string]: unknown },
  ): Promise<void> {
    const octets = plaintext instanceof Uint8Array ? plaintext : new TextEncoder().encode(
      typeof plaintext === "string" ? plaintext : JSON.stringify(plaintext),
    );
    const key = await importKey(await this.session.sending.next());
    await this.write(`${await seal(key, octets)}\n`);
  }

  /** Closes without a word. */
  end(): void {
    closeConn(this.#conn);
  }

  /** Reads the client hello and answers it. */
  async answerHello(spoilers: Spoilers = {}): Promise<void> {
    const { lines, session } = await this.#makeAnswer(await this.line() ?? "", spoilers);
    this.#session = session;
    await this.write(lines.map((line) => `${line}\n`).join(""));
  }

  async #makeAnswer(
    clientLine: string,
    spoilers: Spoilers,
  ): Promise<{ lines: string[]; session: Session }> {
    const identity = spoilers.identity ?? await fakeIdentity();
    const key = await importKey(await helloKey(NO_SECRET));
    const clientHello = await open(key, clientLine);
    if (parseHeader(clientHello) === undefined) throw new Error("Cannot answer hello: no header");
    const shares = readShares(clientHello, CLIENT_HELLO_LENGTH);
    const own = await generateX25519();
    const x25519 = await agreeX25519(own.privateKey, shares.x25519);
    const kem = await encapsulate(shares.mlkem);
    if (x25519 === undefined || kem === undefined) throw new Error("Cannot answer hello: share");
    const plain = encodeHello(
      { type: HELLO_TYPE.server, versions: [1], code: 1 },
      { x25519: own.publicKey, mlkem: kem.ciphertext },
    );
    const helloLine = await seal(key, spoilers.hello?.(plain) ?? plain);
    const transcript = firstTranscript(clientLine, helloLine);
    const master = masterSecret({ mlkem: kem.secret, x25519, psk: NO_SECRET }, transcript);
    const right = await encodeServerAuth(identity, {
      version: 1,
      transcript: spoilers.transcript?.(transcript) ?? transcript,
    });
    const auth = await spoilers.auth?.(right, transcript) ?? right;
    const authLine = await seal(await importKey(authKey(master)), auth);
    const keys = sessionKeys(master, secondTranscript(transcript, authLine));
    const sentAuth = spoilers.authLine === undefined ? authLine : spoilers.authLine(authLine);
    return {
      lines: [
        spoilers.helloLine?.(helloLine) ?? helloLine,
        ...(sentAuth === null ? [] : [sentAuth]),
      ],
      session: {
        version: 1,
        serverKey: identity.publicKey,
        realm: identity.realm,
        fingerprint: identity.fingerprint,
        channelBinding: keys.channelBinding,
        sending: new FrameKeys(keys.serverToClient),
        receiving: new FrameKeys(keys.clientToServer),
      },
    };
  }
}

/** A listener whose only client is served by a script. */
export class FakeServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #served: Promise<void>;
  #peer: Deno.Conn | null = null;

  /**
   * Listens on any free port of 127.0.0.1.
   *
   * @param script What to do with the client; the connection stays open until disposal.
   */
  constructor(script: (peer: FakePeer) => Promise<void>) {
    this.#served = this.#serve(script);
    // Reported by disposal.
    this.#served.catch(() => {});
  }

  /** The port on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connects to it. */
  async connect(): Promise<Deno.Conn> {
    return await Deno.connect({ hostname: "127.0.0.1", port: this.port });
  }

  /** Resolves when the script is done; rejects where an assertion in it failed. */
  done(): Promise<void> {
    return this.#served;
  }

  /** Closes everything; what the script had against the client comes out here. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#peer !== null) closeConn(this.#peer);
    this.#listener.close();
    await this.#served;
  }

  async #serve(script: (peer: FakePeer) => Promise<void>): Promise<void> {
    this.#peer = await this.#listener.accept();
    await script(new FakePeer(this.#peer));
  }
}

/** An Ed25519 key of small order and a signature that is valid under it for every text. */
export function universalSignature(sign: 0 | 0x80 = 0): {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
} {
  // The neutral element: R + k·A = S·B holds for R = A = neutral, S = 0 and every k.
  const neutral = new Uint8Array(32).with(0, 1);
  return {
    publicKey: neutral.with(31, sign),
    signature: concat(neutral, new Uint8Array(32)),
  };
}
