/**
 * An outbox whose writes are kept, hang or fail as a test says.
 *
 * @module
 */

import { importKey, open } from "../../cipher/fernet.ts";
import { FrameKeys } from "../../cipher/frame_keys.ts";
import { decodeFrame, encodeObject, type FrameObject } from "../../protocol/frame.ts";
import { Outbox } from "../../transport/outbox.ts";

const chain = new Uint8Array(32).fill(7);

/** An outbox and what became of what was queued in it. */
export interface OutboxScene {
  /** The outbox. */
  readonly outbox: Outbox;
  /** What was written, one text for each write. */
  readonly writes: string[];
  /** What its owner was told. */
  readonly failures: string[];
  /** Makes the next writes hang; gives the handle that ends them. */
  readonly hold: () => PromiseWithResolvers<void>;
  /** Resolves when a write has begun. */
  readonly writing: () => Promise<void>;
  /** What was written, opened: the frames and their octets with padding. */
  readonly frames: () => Promise<{ readonly frame: FrameObject; readonly octets: number }[]>;
}

/** Makes an outbox that batches, with a limit of 1 MiB, unless told. */
export function outboxScene(
  options: { readonly limit?: number; readonly batching?: boolean } = {},
): OutboxScene {
  const writes: string[] = [];
  const failures: string[] = [];
  let held: PromiseWithResolvers<void> | null = null;
  let reached = Promise.withResolvers<void>();
  const outbox = new Outbox({
    keys: new FrameKeys(chain),
    limit: options.limit ?? 1_048_576,
    write: async (octets) => {
      writes.push(new TextDecoder().decode(octets));
      reached.resolve();
      await held?.promise;
    },
    failed: (reason) => failures.push(reason),
  });
  outbox.batching = options.batching ?? true;
  return {
    outbox,
    writes,
    failures,
    hold(): PromiseWithResolvers<void> {
      held = Promise.withResolvers<void>();
      reached = Promise.withResolvers<void>();
      return held;
    },
    writing: () => reached.promise,
    frames: () => openLines(writes.join("")),
  };
}

/** Opens lines with the keys of the chain, in order. */
async function openLines(text: string): Promise<{ frame: FrameObject; octets: number }[]> {
  const keys = new FrameKeys(chain);
  const frames: { frame: FrameObject; octets: number }[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const plaintext = await open(await importKey(await keys.next()), line);
    frames.push({ frame: decodeFrame(plaintext), octets: plaintext.length });
  }
  return frames;
}

/** A text with a number, and so many octets more than it needs. */
export function text(n: number, size = 0): Uint8Array {
  return encodeObject({ t: "pong", re: n, x: "x".repeat(size) });
}
