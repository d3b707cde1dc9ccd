/**
 * A run: messages of one conversation that follow each other, written as one object.
 *
 * ```
 * {"t":"messages","conversation":…,"kind":…,"to":…,"epoch"?:…,"id":I,"at":A,"m":[[from,i,a,body],…]}
 * ```
 *
 * `i` and `a` are what is to be added to the id and the time of the message before, or to `I` and `A`
 * for the first. A message costs about 15 octets beside its body, instead of 130: everything that is
 * sent is encrypted once for each receiver, so that octets are what a crowd costs.
 *
 * Described in `docs/PROTOCOL.md`.
 *
 * @module
 */

import * as v from "valibot";
import type { MessageEntry } from "./event.ts";
import { encodeObject, type FrameObject } from "./frame.ts";

/** Octets of the rows of a run, unless it has but one: two fit into a frame with what else there is. */
const MOST_ROW_OCTETS = 30_720;

const encoder = new TextEncoder();

const row = v.tuple([v.string(), v.number(), v.number(), v.string()]);

const run = v.object({
  t: v.literal("messages"),
  conversation: v.string(),
  kind: v.string(),
  to: v.string(),
  epoch: v.optional(v.number()),
  id: v.number(),
  at: v.number(),
  m: v.array(row),
});

/**
 * Takes a run apart.
 *
 * @param frame An object of type `messages`.
 * @returns One `message` object for each message, to be decoded like any other; `null` where it is
 *   no run.
 */
export function takeRunApart(frame: FrameObject): readonly FrameObject[] | null {
  const parsed = v.safeParse(run, frame);
  if (!parsed.success) return null;
  const { conversation, kind, to, epoch, m } = parsed.output;
  let { id, at } = parsed.output;
  return m.map(([from, i, a, body]) => {
    id += i;
    at += a;
    const fields = { t: "message", id, at, conversation, kind, from, to, body };
    return epoch === undefined ? fields : { ...fields, epoch };
  });
}

/**
 * Tells whether a message may stand in a run with the one before it.
 *
 * @param before The last message of the run.
 * @param next The message that follows it.
 */
export function continuesRun(before: MessageEntry, next: MessageEntry): boolean {
  return before.conversation === next.conversation && before.kind === next.kind &&
    before.to === next.to && before.epoch === next.epoch &&
    before.offline === undefined && next.offline === undefined;
}

/**
 * Writes messages as the JSON texts of frames: a message alone as it is, several as runs.
 *
 * @param messages Each continues the run of the one before.
 * @returns Octets for `joinFrame`, one array for about so many messages as half a frame holds.
 */
export function encodeRun(messages: readonly MessageEntry[]): Uint8Array<ArrayBuffer>[] {
  const pieces: Piece[] = [];
  for (const message of messages) {
    const piece = pieces.at(-1);
    if (piece === undefined || !piece.take(message)) pieces.push(new Piece(message));
  }
  return pieces.map((piece) => piece.encode());
}

/** A run in the making. */
class Piece {
  readonly #first: MessageEntry;
  #last: MessageEntry;
  #rows: string;
  #octets: number;

  constructor(first: MessageEntry) {
    this.#first = first;
    this.#last = first;
    this.#rows = rowOf(first, first);
    this.#octets = lengthOf(this.#rows);
  }

  /** Adds a message where there is room for it. */
  take(message: MessageEntry): boolean {
    const row = rowOf(message, this.#last);
    this.#octets += lengthOf(row);
    if (this.#octets > MOST_ROW_OCTETS) return false;
    this.#rows += `,${row}`;
    this.#last = message;
    return true;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const { conversation, kind, to, epoch, id, at } = this.#first;
    if (this.#last === this.#first) return encodeObject({ ...this.#first });
    const head = JSON.stringify({ t: "messages", conversation, kind, to, epoch, id, at });
    return encoder.encode(`${head.slice(0, -1)},"m":[${this.#rows}]}`);
  }
}

function rowOf(message: MessageEntry, before: MessageEntry): string {
  const { from, id, at, body } = message;
  return JSON.stringify([from, id - before.id, at - before.at, body]);
}

function lengthOf(text: string): number {
  return encoder.encode(text).length;
}
