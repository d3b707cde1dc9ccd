/**
 * From frame objects to commands and events: every field checked, nothing else carried over.
 *
 * A frame of unknown type or with bad fields is a value, not an exception: before the login it ends
 * the connection, afterwards it is answered (FTC1 §3.7). Unknown fields are dropped.
 *
 * @module
 */

import * as v from "valibot";
import { type Command, type CommandInput, COMMANDS, requestId } from "./command.ts";
import type { RequestId } from "./command.ts";
import { type Event, EVENTS } from "./event.ts";
import { encodeObject, type FrameObject } from "./frame.ts";
import { takeRunApart } from "./message_run.ts";

/** What was read: the message, or why there is none (with the id to answer, where it is one). */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: "unknown_type" | "bad_request"; readonly re?: RequestId };

/**
 * Reads a command, as the server does.
 *
 * @param frame The object of a frame.
 * @returns The command with its defaults, or the refusal.
 */
export function decodeCommand(frame: FrameObject): Decoded<Command> {
  return decode<Command>(COMMANDS, frame);
}

/**
 * Reads an event, as a client does.
 *
 * @param frame The object of a frame; a `batch` must have been taken apart.
 * @returns The event, or the refusal.
 */
export function decodeEvent(frame: FrameObject): Decoded<Event> {
  return decode<Event>(EVENTS, frame);
}

/**
 * Takes a frame apart: a `batch` (FTC1 §3.7), and the messages of a run.
 *
 * @param frame The object of a frame.
 * @returns The objects in it in order; a frame that is neither alone; `null` where a batch is nested
 *   or holds something that is no frame object, or a run is none.
 */
export function unbatch(frame: FrameObject): readonly FrameObject[] | null {
  if (frame.t === "messages") return takeRunApart(frame);
  if (frame.t !== "batch") return [frame];
  const parsed = v.safeParse(batch, frame);
  if (!parsed.success) return null;
  const frames: FrameObject[] = [];
  for (const one of parsed.output.m) {
    if (one.t !== "messages") frames.push(one);
    else {
      const messages = takeRunApart(one);
      if (messages === null) return null;
      frames.push(...messages);
    }
  }
  return frames;
}

const batch = v.object({
  t: v.literal("batch"),
  m: v.array(v.looseObject({ t: v.pipe(v.string(), v.notValue("batch")) })),
});

/**
 * Writes a command as the JSON text of a frame.
 *
 * @param command The command.
 * @returns Octets for `joinFrame`.
 */
export function encodeCommand(command: CommandInput): Uint8Array<ArrayBuffer> {
  return encodeObject(command);
}

/**
 * Writes an event as the JSON text of a frame; one text serves all its receivers.
 *
 * @param event The event.
 * @returns Octets for `joinFrame`.
 */
export function encodeEvent(event: Event): Uint8Array<ArrayBuffer> {
  return encodeObject(event);
}

type Schema<T> = v.BaseSchema<unknown, T, v.BaseIssue<unknown>>;

function decode<T>(
  schemas: { readonly [type: string]: Schema<T> },
  frame: FrameObject,
): Decoded<T> {
  const id = v.safeParse(requestId, frame["id"]);
  const re = id.success ? { re: id.output } : {};
  // hasOwn: a type called "toString" is as unknown as any other.
  const schema = Object.hasOwn(schemas, frame.t) ? schemas[frame.t] : undefined;
  if (schema === undefined) return { ok: false, code: "unknown_type", ...re };
  const parsed = v.safeParse(schema, frame);
  return parsed.success
    ? { ok: true, value: parsed.output }
    : { ok: false, code: "bad_request", ...re };
}
