/**
 * An entry of the client state: what a client remembers at the server, closed to the server.
 *
 * ```
 * name  = base64url of the first 16 octets of HMAC-SHA256(state key, "peer\0" ‖ name | "conv\0" ‖ id
 *           | "index\0" | "roots\0")
 * value = Fernet under the state key: "FTCS" 01 ‖ u64 counter ‖ JSON object with the name as "entry"
 * ```
 *
 * The name inside keeps the server from giving one entry for another, the counter from giving an old one
 * to a client that knows a newer. What the entries mean and how two sessions merge them is not known
 * here.
 *
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { encodeBase64Url } from "./base64url.ts";
import { ByteReader } from "./byte_reader.ts";
import { concat, equal, label, u64, unshared, utf8 } from "./bytes.ts";
import { type FernetKey, open, seal } from "./fernet.ts";

/** The largest entry, in octets of its token. */
export const MAX_STATE_ENTRY_OCTETS = 4_096;

const HEAD = concat(utf8("FTCS"), Uint8Array.of(1));
const NAME_OCTETS = 16;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What an entry is about: a peer, a conversation, the list of all entries, former roots. */
export type StateSubject =
  | { readonly kind: "peer"; readonly name: string }
  | { readonly kind: "conv"; readonly id: Uint8Array }
  | { readonly kind: "index" }
  | { readonly kind: "roots" };

/** What goes into an entry. */
export interface StateContent {
  /** The name of the entry, of {@linkcode stateEntryName}. */
  readonly name: string;
  /** One more with every writing. */
  readonly counter: number;
  /** An object that JSON can hold, without a field `entry`: that is where the name goes. */
  readonly value: object;
}

/** What an entry held. */
export interface OpenedState {
  /** The counter. */
  readonly counter: number;
  /** The object that was sealed; its fields are for the caller to check. */
  readonly value: unknown;
}

/** Which check an entry failed: it does not open, is no entry, or is another one. */
export type BadStateReason = "token" | "layout" | "name";

/** An entry that is refused. */
export class BadState extends Error {
  /** Always `BadState`. */
  override readonly name = "BadState";
  /** The check that failed. */
  readonly reason: BadStateReason;

  /**
   * Names the failed check.
   *
   * @param reason The check.
   */
  constructor(reason: BadStateReason) {
    super(`Cannot open state entry: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Computes the name under which the server keeps an entry. It tells the server nothing.
 *
 * @param stateKey From the identity, 32 octets.
 * @param subject What the entry is about.
 * @returns 22 characters of base64url.
 */
export async function stateEntryName(
  stateKey: Uint8Array,
  subject: StateSubject,
): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", unshared(stateKey), algorithm, false, ["sign"]);
  const text = concat(label(subject.kind), detail(subject));
  const mac = await crypto.subtle.sign("HMAC", key, unshared(text));
  return encodeBase64Url(new Uint8Array(mac, 0, NAME_OCTETS));
}

/**
 * Seals an entry.
 *
 * @param stateKey The state key, imported.
 * @param content Name, counter and value.
 * @param options `limit`: octets of the token at the most (default: {@linkcode MAX_STATE_ENTRY_OCTETS}).
 * @returns The token, as it is sent and stored.
 * @throws {RangeError} If the token would be longer, the counter does not fit, or the value is an array
 * or has a field `entry`.
 */
export async function sealState(
  stateKey: FernetKey,
  { name, counter, value }: StateContent,
  { limit = MAX_STATE_ENTRY_OCTETS }: { readonly limit?: number } = {},
): Promise<string> {
  if (Array.isArray(value) || Object.hasOwn(value, "entry")) {
    throw new RangeError("Cannot seal state entry: expected an object without a field entry");
  }
  const json = utf8(JSON.stringify({ ...value, entry: name }));
  const token = await seal(stateKey, concat(HEAD, u64(counter), json));
  if (token.length > limit) {
    throw new RangeError(
      `Cannot seal state entry: expected at most ${limit} octets, got ${token.length}`,
    );
  }
  return token;
}

/**
 * Opens an entry.
 *
 * @param stateKey The state key, imported.
 * @param token What the server gave.
 * @param expected `name`: the entry that was asked for.
 * @returns Counter and value, the latter without the name.
 * @throws {BadState} If it does not open, is no entry, or another one; `reason` says which.
 */
export async function openState(
  stateKey: FernetKey,
  token: string,
  expected: { readonly name: string },
): Promise<OpenedState> {
  const bytes = await open(stateKey, token).catch(() => {
    throw new BadState("token");
  });
  const { counter, object } = parse(bytes);
  const { entry, ...value } = object;
  if (entry !== expected.name) throw new BadState("name");
  return { counter, value };
}

function detail(subject: StateSubject): Uint8Array {
  if (subject.kind === "peer") return utf8(subject.name);
  return subject.kind === "conv" ? subject.id : new Uint8Array(0);
}

function parse(bytes: Uint8Array): { counter: number; object: Record<string, unknown> } {
  const reader = new ByteReader(bytes);
  try {
    if (!equal(reader.take(HEAD.length), HEAD)) throw new BadState("layout");
    const counter = reader.integer(8);
    const object: unknown = JSON.parse(decoder.decode(reader.take(reader.left)));
    if (!isObject(object)) throw new BadState("layout");
    return { counter, object };
  } catch {
    throw new BadState("layout");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
