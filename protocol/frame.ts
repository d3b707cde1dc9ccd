/**
 * The plaintext of a frame: a JSON object in UTF-8, padded with spaces to a power of two.
 *
 * Trailing spaces are legal JSON, so a receiver needs no unpadding and must not require padding.
 * Not here: which objects mean what (`codec.ts`) and sealing (`transport/`).
 * Source: FTC1 §3.7.
 *
 * @module
 */

import { MAX_FRAME_OCTETS, MAX_NESTING, MIN_FRAME_OCTETS } from "./limits.ts";

/** A frame that is no JSON object of the allowed shape. It ends the connection (FTC1 §3.7). */
export class BadFrame extends Error {
  /** Tells it from other errors. */
  override readonly name = "BadFrame";
}

/** The object of a frame: its type `t` and whatever else the sender put there, unchecked. */
export interface FrameObject {
  /** The type. */
  readonly t: string;
  /** Any other field. */
  readonly [field: string]: unknown;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Tells the length to which a plaintext is padded.
 *
 * @param octets Octets of the JSON text.
 * @returns The smallest of 256, 512, … 65,536 that fits.
 * @throws {RangeError} Over 65,536 octets: the sender must cut its answer into pages.
 */
export function paddedLength(octets: number): number {
  if (octets > MAX_FRAME_OCTETS) {
    throw new RangeError(`Cannot pad frame: at most ${MAX_FRAME_OCTETS} octets, got ${octets}`);
  }
  let length = MIN_FRAME_OCTETS;
  while (length < octets) length *= 2;
  return length;
}

/**
 * Turns an object into the octets of its JSON text, without padding, so that one text can be put
 * into the frames of many receivers.
 *
 * @param frame The object.
 * @returns The JSON text in UTF-8.
 */
export function encodeObject(frame: FrameObject): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(frame));
}

/**
 * Joins the texts of one or more objects into the plaintext of one frame: a single object stands
 * alone, several become a `batch`.
 *
 * @param texts JSON texts from {@linkcode encodeObject}, at least one.
 * @returns The padded plaintext.
 * @throws {RangeError} If it exceeds 65,536 octets; see {@linkcode batchLength}.
 */
export function joinFrame(texts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const alone = texts.length === 1;
  const octets = batchLength(texts);
  const frame = new Uint8Array(paddedLength(octets)).fill(0x20);
  let at = 0;
  const put = (bytes: Uint8Array) => {
    frame.set(bytes, at);
    at += bytes.length;
  };
  if (!alone) put(BATCH_HEAD);
  texts.forEach((text, i) => {
    if (i > 0) put(COMMA);
    put(text);
  });
  if (!alone) put(BATCH_TAIL);
  return frame;
}

/**
 * Tells how long the frame of some texts is before padding.
 *
 * @param texts JSON texts.
 * @returns Octets.
 */
export function batchLength(texts: readonly Uint8Array[]): number {
  const sum = texts.reduce((octets, text) => octets + text.length, 0);
  return texts.length === 1 ? sum : sum + texts.length - 1 + BATCH_OVERHEAD;
}

const BATCH_HEAD = encoder.encode('{"t":"batch","m":[');
const BATCH_TAIL = encoder.encode("]}");
const COMMA = encoder.encode(",");

/** Octets that a `batch` adds to the texts in it and the commas between them. */
export const BATCH_OVERHEAD = BATCH_HEAD.length + BATCH_TAIL.length;

/**
 * Reads the plaintext of a frame.
 *
 * @param plaintext The octets, padded or not.
 * @returns The object; of equal keys the last one counts.
 * @throws {BadFrame} Where FTC1 §3.7 calls the frame fatal.
 */
export function decodeFrame(plaintext: Uint8Array): FrameObject {
  if (plaintext.length > MAX_FRAME_OCTETS) throw new BadFrame("Cannot read frame: too long");
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(plaintext);
  } catch {
    throw new BadFrame("Cannot read frame: not UTF-8");
  }
  // Before JSON.parse: deep nesting passes there and overflows the stack later (FTC1 §10.7).
  if (nestsTooDeep(text)) throw new BadFrame(`Cannot read frame: over ${MAX_NESTING} levels`);
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadFrame("Cannot read frame: not JSON");
  }
  if (!isFrameObject(value)) throw new BadFrame("Cannot read frame: no object with a type");
  // UTF-8 holds no unpaired surrogate; only an escape can bring one in.
  if (text.includes("\\u") && !isWellFormed(value)) {
    throw new BadFrame("Cannot read frame: unpaired surrogate");
  }
  return value;
}

function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++; // backslash: the next character is not a delimiter
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_NESTING) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

function isFrameObject(value: unknown): value is FrameObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.hasOwn(value, "t") && "t" in value && typeof value.t === "string";
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).every(([key, item]) => key.isWellFormed() && isWellFormed(item));
  }
  return true;
}
