/**
 * What is said on the admin socket: one line of JSON for each request, one for its answer.
 *
 *     → {"do":"block","name":"bob"}
 *     ← {"ok":true,"lines":["bob is blocked. Sessions ended: 1."]}
 *     ← {"ok":false,"error":"there is no account bbo; did you mean bob?"}
 *
 * Lines are ASCII; everything else in a string is escaped. A list comes in pages: `more` is the `after`
 * of the next request. It is *not* encrypted: only its owner can reach the socket.
 *
 * @module
 */

import * as v from "valibot";
import { canonicalName } from "../protocol/name.ts";

const name = v.pipe(v.string(), v.check((text) => canonicalName(text) === text));

/** Everything that may be asked. */
export const adminRequest = v.variant("do", [
  v.object({ do: v.literal("status") }),
  v.object({ do: v.literal("stop") }),
  v.object({ do: v.literal("list"), after: v.optional(v.pipe(v.string(), v.maxLength(64)), "") }),
  v.object({ do: v.picklist(["allow", "block", "unblock", "reset", "delete"]), name }),
]);

/** Every answer. */
export const adminAnswer = v.variant("ok", [
  v.object({ ok: v.literal(true), lines: v.array(v.string()), more: v.optional(v.string()) }),
  v.object({ ok: v.literal(false), error: v.string() }),
]);

/** A request. */
export type AdminRequest = v.InferOutput<typeof adminRequest>;

/** An answer: lines for the operator, or why it was not done. */
export type AdminAnswer = v.InferOutput<typeof adminAnswer>;

/** Octets of the longest request. */
export const MAX_REQUEST_OCTETS = 4_096;

/** Octets of the longest answer: a page of 200 accounts is a twentieth of it. */
export const MAX_ANSWER_OCTETS = 1_048_576;

/** Spells a request or an answer, with its line feed. */
export function encodeAdminLine(value: AdminRequest | AdminAnswer): Uint8Array {
  const text = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return new TextEncoder().encode(`${text}\n`);
}

/**
 * Reads a request or an answer.
 *
 * @param line Without its line feed.
 * @param schema `adminRequest` or `adminAnswer`.
 * @returns `null` where it is not one.
 */
export function decodeAdminLine<T extends typeof adminRequest | typeof adminAnswer>(
  line: string,
  schema: T,
): v.InferOutput<T> | null {
  try {
    const result = v.safeParse(schema, JSON.parse(line));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
