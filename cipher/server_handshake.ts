/**
 * The server's side of the handshake: one line in, two lines out, no sockets and no timers.
 *
 * The hello's MAC and layout are checked before anything asymmetric is computed, so that a stranger
 * pays more than the server. Limits of rate and number are the listener's part.
 *
 * Source: FTC1 §3.4, §3.5, §3.9, §3.11 (server states `wait CH` and `compute`).
 *
 * @module
 */

import { type FernetKey, importKey, open, seal } from "./fernet.ts";
import { FrameKeys } from "./frame_keys.ts";
import { HandshakeError } from "./handshake_error.ts";
import {
  CLIENT_HELLO_LENGTH,
  encodeHeader,
  encodeHello,
  HELLO_TYPE,
  type HelloShares,
  highestCommon,
  parseHeader,
  readShares,
} from "./hello.ts";
import {
  authKey,
  firstTranscript,
  masterSecret,
  secondTranscript,
  sessionKeys,
} from "./key_schedule.ts";
import { encapsulate } from "./mlkem.ts";
import { encodeServerAuth } from "./server_auth.ts";
import type { ServerIdentity } from "./server_identity.ts";
import type { Session } from "./session.ts";
import { helloKey, NO_SECRET } from "./shared_secret.ts";
import { agreeX25519, generateX25519 } from "./x25519.ts";

/** Versions a server of this program has. */
const VERSIONS: readonly number[] = [1];

/** The longest hello line of any version, FTC1 §3.10. */
const LONGEST_LINE = 8192;

/** The codes of alerts. */
export const ALERT = { noCommonVersion: 1, busy: 2 } as const;

/** What a server answers with. */
export interface AnswerHelloOptions {
  /** Who it is. */
  readonly identity: ServerIdentity;
  /** The shared secret, 32 octets; none by default. */
  readonly psk?: Uint8Array;
  /** Unix seconds to write into the tokens; the clock by default. */
  readonly now?: number;
  /**
   * Does the asymmetric part when its turn comes; `null`: it will not come. At once by default. Only a
   * hello that opens and is well-formed gets that far.
   */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T | null>;
}

/** A finished handshake, as the server sees it. */
export interface HelloAnswer {
  /** Server hello and server auth, to be written together, each followed by a line feed. */
  readonly lines: readonly [string, string];
  /** The session; the client's first frame proves that the client has it too. */
  readonly session: Session;
}

/**
 * Answers a client hello.
 *
 * All keys are fresh: a recorded hello that is sent again gets other shares, and its old frames do
 * not open.
 *
 * @param line The client's line, without line feed.
 * @param options Identity and secret.
 * @returns What to write, and the session.
 * @throws {HandshakeError} `bad_token`, `bad_hello` or `bad_share`; `version` or, where there is no turn,
 * `alert`: to be answered with an alert.
 */
export async function answerHello(line: string, options: AnswerHelloOptions): Promise<HelloAnswer> {
  const { psk = NO_SECRET, turn = (work) => work() } = options;
  const sealing = await importKey(await helloKey(psk));
  const hello = readClientHello(await openHello(line, sealing));
  const answer = await turn(() => agree(line, hello, { ...options, psk, sealing }));
  if (answer === null) throw new HandshakeError("alert", { alert: ALERT.busy });
  return answer;
}

/**
 * Makes an alert, sent in place of an answer.
 *
 * @param code One of {@linkcode ALERT}.
 * @param psk The shared secret, 32 octets; none by default.
 * @returns The line, without line feed.
 */
export async function alertLine(code: number, psk: Uint8Array = NO_SECRET): Promise<string> {
  const alert = encodeHeader({ type: HELLO_TYPE.alert, versions: VERSIONS, code });
  return await seal(await importKey(await helloKey(psk)), alert);
}

interface ClientHello {
  readonly version: number;
  readonly shares: HelloShares;
}

async function agree(
  line: string,
  { version, shares }: ClientHello,
  options: AnswerHelloOptions & { readonly psk: Uint8Array; readonly sealing: FernetKey },
): Promise<HelloAnswer> {
  const { identity, psk, sealing } = options;
  const time = options.now === undefined ? {} : { now: options.now };
  const own = await generateX25519();
  const x25519 = await agreeX25519(own.privateKey, shares.x25519);
  const kem = x25519 && await encapsulate(shares.mlkem);
  if (x25519 === undefined || kem === undefined) throw new HandshakeError("bad_share");
  const hello = encodeHello(
    { type: HELLO_TYPE.server, versions: VERSIONS, code: version },
    { x25519: own.publicKey, mlkem: kem.ciphertext },
  );
  const helloLine = await seal(sealing, hello, time);
  const transcript = firstTranscript(line, helloLine);
  const master = masterSecret({ mlkem: kem.secret, x25519, psk }, transcript);
  const auth = await encodeServerAuth(identity, { version, transcript });
  const authLine = await seal(await importKey(authKey(master)), auth, time);
  const keys = sessionKeys(master, secondTranscript(transcript, authLine));
  return {
    lines: [helloLine, authLine],
    session: {
      version,
      serverKey: identity.publicKey,
      realm: identity.realm,
      fingerprint: identity.fingerprint,
      channelBinding: keys.channelBinding,
      sending: new FrameKeys(keys.serverToClient),
      receiving: new FrameKeys(keys.clientToServer),
    },
  };
}

async function openHello(line: string, key: FernetKey): Promise<Uint8Array> {
  if (line.length > LONGEST_LINE) throw new HandshakeError("bad_token");
  try {
    return await open(key, line);
  } catch {
    throw new HandshakeError("bad_token");
  }
}

function readClientHello(message: Uint8Array): ClientHello {
  const header = parseHeader(message);
  if (header?.type !== HELLO_TYPE.client || header.code !== 0) {
    throw new HandshakeError("bad_hello");
  }
  // Before the length, which another version may have changed.
  const version = highestCommon(VERSIONS, header.versions);
  if (version === undefined) throw new HandshakeError("version");
  const mayBeLonger = header.versions.some((offered) => offered > 1);
  const excess = message.length - CLIENT_HELLO_LENGTH;
  if (excess < 0 || (excess > 0 && !mayBeLonger)) throw new HandshakeError("bad_hello");
  return { version, shares: readShares(message, CLIENT_HELLO_LENGTH) };
}
