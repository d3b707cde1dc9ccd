/**
 * Reads what a logged-in link brings, to its end.
 *
 * @module
 */

import { decodeEvent } from "../protocol/codec.ts";
import type { Event, EventOf } from "../protocol/event.ts";
import { LinkError } from "../transport/link_error.ts";
import type { LinkEnding } from "./ending.ts";
import type { Frames } from "./login_exchange.ts";

/**
 * Handles events in their order; those of unknown type are passed over (docs/PROTOCOL.md).
 *
 * @param frames The frames of the link, from the first behind `welcome`.
 * @param handle Handles one; the next is not read before it is done, which slows a fast server down.
 * @returns Why no more come.
 */
export async function receiveAll(
  frames: Frames,
  handle: (event: Exclude<Event, EventOf<"bye">>) => Promise<void>,
): Promise<LinkEnding> {
  try {
    while (true) {
      const next = await frames.next();
      if (next.done === true) throw new LinkError("truncated");
      const decoded = decodeEvent(next.value);
      if (!decoded.ok) {
        if (decoded.code === "unknown_type") continue;
        throw new LinkError("bad_frame");
      }
      if (decoded.value.t === "bye") return { type: "bye", reason: decoded.value.reason };
      await handle(decoded.value);
    }
  } catch (error) {
    if (error instanceof LinkError) return { type: "failed", error };
    throw error;
  }
}
