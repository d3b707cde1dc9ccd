/**
 * Fuzzes `protocol/frame.ts` and `protocol/codec.ts`: what a peer says once he is let in.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import { decodeCommand, decodeEvent, unbatch } from "../../../protocol/codec.ts";
import { COMMANDS } from "../../../protocol/command.ts";
import { EVENTS } from "../../../protocol/event.ts";
import { BadFrame, decodeFrame, type FrameObject } from "../../../protocol/frame.ts";
import { latin1, octetsOf, stateless, type Target } from "../target.ts";

const MOST_LEVELS = 16;

/** The plaintext of a frame. */
export const frames: Target = {
  name: "frames",
  invariant:
    "octets are a frame object of at most 16 levels and well-formed strings, or BadFrame; " +
    "written again it is the same; and what it means is decided without an exception",
  words: [
    ...[
      '{"t":"',
      '"}',
      '","',
      '":',
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "\\",
      "\\ud800",
      "\\u0000",
      "1e400",
    ],
    ...["null", "true", "-0", "9007199254740993", " ", "\ufeff", '{"__proto__":', '"constructor"'],
    ...Object.keys({ ...COMMANDS, ...EVENTS }).map((type) => `{"t":"${type}","id":1,`),
    ...["[".repeat(15), "]".repeat(15), '{"a":'.repeat(16), '"m":[', '"body":"', '"re":"x"'],
    Uint8Array.of(0xff),
    Uint8Array.of(0xc3),
    Uint8Array.of(0xed, 0xa0, 0x80),
  ],
  start: stateless((octets) => {
    const frame = frameOf(octets);
    if (frame === null) return;
    strictEqual(typeof frame.t, "string");
    ok(/^[ \t\r\n]*\{/.test(latin1(octets)), "begins with something else");
    ok(levelsOf(frame) <= MOST_LEVELS);
    ok(stringsOf(frame).every((text) => text.isWellFormed()));
    // Compared as texts: 1e400 and -0 have no spelling of their own in what is written again.
    const text = JSON.stringify(frame);
    strictEqual(JSON.stringify(decodeFrame(octetsOf(text))), text);
    for (const decoded of [decodeCommand(frame), decodeEvent(frame)]) {
      ok(decoded.ok || ["bad_request", "unknown_type"].includes(decoded.code));
    }
    for (const one of unbatch(frame) ?? []) ok(one === frame || one.t !== "batch");
    strictEqual(Object.getPrototypeOf({})["polluted"], undefined);
  }),
};

function frameOf(octets: Uint8Array): FrameObject | null {
  try {
    return decodeFrame(octets);
  } catch (error) {
    if (error instanceof BadFrame) return null;
    throw error;
  }
}

function levelsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((most: number, one) => Math.max(most, levelsOf(one)), 0);
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...stringsOf(one)]);
}
