/**
 * A message of a conversation: signed by its sender, sealed for the members of one epoch.
 *
 * ```
 * "FTCM" 01 type(1) ‖ conversation(32) ‖ u32 epoch ‖ u32 device ‖ u64 n ‖ link(32) ‖ u64 time
 *   ‖ vec8(sender) ‖ fp of sender(32) ‖ u16 length ‖ body ‖ signature(64) ‖ zeros to 256·2^k octets
 * ```
 *
 * The signature is over `"ftc1 message\0"` and all before it; the whole is sealed with Fernet under
 * the message key of the epoch. Whether conversation, epoch and sender are the expected ones, whether
 * `n` was seen before and whether the body is a text are questions for the reader of the conversation.
 *
 * Source: FTC1 §7.6.
 *
 * @module
 */

import { decodePaddedBase64Url } from "./base64url.ts";
import { ByteReader } from "./byte_reader.ts";
import { concat, equal, isZero, label, u16, u32, u64, utf8, vec8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import { type FernetKey, open, seal } from "./fernet.ts";
import { hash } from "./kdf.ts";
import { isMemberName } from "./member_list.ts";

/** The types of messages; all other numbers are reserved. */
export const MESSAGE_TYPE = { text: 1 } as const;

const HEAD = concat(utf8("FTCM"), Uint8Array.of(1, MESSAGE_TYPE.text));
const SIGNATURE = 64;
/** The lengths of a plaintext: 256·2^k for k = 0…6. A text of 16,000 octets fits the last. */
const SIZES: readonly number[] = Array.from({ length: 7 }, (_, k) => 256 * 2 ** k);
/** What Fernet adds to a multiple of 16: version, time, iv, one block of padding, MAC. */
const TOKEN_OVERHEAD = 1 + 8 + 16 + 16 + 32;
const TOKEN_SIZES: ReadonlySet<number> = new Set(SIZES.map((size) => size + TOKEN_OVERHEAD));
const LONGEST_TOKEN = 4 * Math.ceil(Math.max(...TOKEN_SIZES) / 3);
const TOKEN_VERSION = 0x80;

/** What a message says. */
export interface MessageFields {
  /** The id of the conversation, 32 octets. */
  readonly conversation: Uint8Array;
  /** The epoch it is sealed for. */
  readonly epoch: number;
  /** Random per session of a client, 0 to 2^32 − 1. */
  readonly device: number;
  /** Counter of this device in this epoch of this conversation, from 1. */
  readonly n: number;
  /** {@linkcode tokenHash} of the newest message the sender has seen here, or 32 zeros. */
  readonly link: Uint8Array;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly time: number;
  /** The canonical name of the sender. */
  readonly sender: string;
  /** `fp` of the keys he signs with, 32 octets. */
  readonly senderFingerprint: Uint8Array;
  /** The text in UTF-8; not checked here. */
  readonly body: Uint8Array;
}

/** A message that opened. Its signature is checked with {@linkcode verifyMessage}. */
export interface OpenedMessage extends MessageFields {
  /** One of {@linkcode MESSAGE_TYPE}. */
  readonly type: number;
  /** All that the signature is over, without the label. */
  readonly signed: Uint8Array;
  /** 64 octets, not verified yet. */
  readonly signature: Uint8Array;
}

/** Which check a message failed: it does not open, its fields are no message, or its end is not zeros. */
export type BadMessageReason = "token" | "layout" | "padding";

/** A message that cannot be read. */
export class BadMessage extends Error {
  /** Always `BadMessage`. */
  override readonly name = "BadMessage";
  /** The check that failed. */
  readonly reason: BadMessageReason;

  /**
   * Names the failed check.
   *
   * @param reason The check.
   */
  constructor(reason: BadMessageReason) {
    super(`Cannot open message: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Signs and seals a text message.
 *
 * @param key The message key of the epoch.
 * @param fields What it says.
 * @param options `signKey`: the sender's Ed25519 private key. `now`: Unix seconds written into the token
 * (default: the clock). `iv`: for test vectors only (default: random).
 * @returns The token, as it is sent and stored: 440 to 21,944 characters.
 * @throws {RangeError} If a field has a wrong length or does not fit, the name is not canonical, or the
 * whole is longer than 16,384 octets.
 */
export async function sealMessage(
  key: FernetKey,
  fields: MessageFields,
  { signKey, ...options }: { signKey: CryptoKey; now?: number; iv?: Uint8Array },
): Promise<string> {
  const signed = encode(fields);
  const length = signed.length + SIGNATURE;
  const size = SIZES.find((size) => size >= length);
  if (size === undefined) throw refusal(`expected at most ${SIZES.at(-1)} octets, got ${length}`);
  const signature = await signEd25519(signKey, concat(label("ftc1 message"), signed));
  return await seal(key, concat(signed, signature, new Uint8Array(size - length)), options);
}

/**
 * Opens a message: token, layout, padding.
 *
 * @param key The message key of the epoch it is filed under.
 * @param token The message as the server gave it.
 * @returns Its fields, of which nothing is believed before {@linkcode verifyMessage}.
 * @throws {BadMessage} If a check fails; `reason` says which.
 */
export async function openMessage(key: FernetKey, token: string): Promise<OpenedMessage> {
  const bytes = await open(key, token).catch(() => {
    throw new BadMessage("token");
  });
  const { message, padding } = parse(bytes);
  if (!SIZES.includes(bytes.length) || !isZero(padding)) throw new BadMessage("padding");
  return message;
}

/**
 * Verifies the signature of a message.
 *
 * @param message What {@linkcode openMessage} gave.
 * @param options `publicKey`: the Ed25519 key that belongs to the sender's fingerprint.
 * @returns False also for a key of small order.
 */
export function verifyMessage(
  message: OpenedMessage,
  { publicKey }: { publicKey: Uint8Array },
): Promise<boolean> {
  const text = concat(label("ftc1 message"), message.signed);
  return verifyEd25519(message.signature, text, { publicKey });
}

/**
 * Tells whether a text has the form of a message token: the one spelling in base64url of a Fernet token
 * whose plaintext may be 256·2^k octets. No cryptography: a server has no key.
 *
 * @param text Any text.
 */
export function isMessageToken(text: string): boolean {
  if (text.length > LONGEST_TOKEN) return false;
  try {
    const token = decodePaddedBase64Url(text);
    return TOKEN_SIZES.has(token.length) && token[0] === TOKEN_VERSION;
  } catch {
    return false;
  }
}

/**
 * Hashes a token for the `link` of a later message.
 *
 * @param token The token as text; its ASCII is what is hashed.
 * @returns 32 octets.
 */
export function tokenHash(token: string): Promise<Uint8Array> {
  return hash(utf8(token));
}

function encode(fields: MessageFields): Uint8Array {
  const { conversation, link, sender, senderFingerprint, body } = fields;
  for (const field of [conversation, link, senderFingerprint]) {
    if (field.length !== 32) throw refusal(`expected a field of 32 octets, got ${field.length}`);
  }
  if (!isMemberName(sender)) throw refusal("the sender's name is not canonical");
  if (fields.n < 1) throw refusal("n begins with 1");
  return concat(
    HEAD,
    conversation,
    u32(fields.epoch),
    u32(fields.device),
    u64(fields.n),
    link,
    u64(fields.time),
    vec8(sender),
    senderFingerprint,
    u16(body.length),
    body,
  );
}

function refusal(state: string): RangeError {
  return new RangeError(`Cannot seal message: ${state}`);
}

function parse(bytes: Uint8Array): { message: OpenedMessage; padding: Uint8Array } {
  const reader = new ByteReader(bytes);
  try {
    if (!equal(reader.take(HEAD.length), HEAD)) throw new BadMessage("layout");
    const fields = {
      type: MESSAGE_TYPE.text,
      conversation: reader.take(32),
      epoch: reader.integer(4),
      device: reader.integer(4),
      n: reader.integer(8),
      link: reader.take(32),
      time: reader.integer(8),
      sender: reader.text8(),
      senderFingerprint: reader.take(32),
      body: reader.take(reader.integer(2)),
    };
    if (fields.n < 1 || !isMemberName(fields.sender)) throw new BadMessage("layout");
    const signed = bytes.slice(0, reader.at);
    const signature = reader.take(SIGNATURE);
    return { message: { ...fields, signed, signature }, padding: reader.take(reader.left) };
  } catch {
    throw new BadMessage("layout");
  }
}
