/**
 * The login on a link: frames to the state machine of `admission.ts`, its answers back.
 *
 * @module
 */

import { encodeEvent } from "../protocol/codec.ts";
import type { FrameObject } from "../protocol/frame.ts";
import type { Link } from "../transport/link.ts";
import { Admission } from "./admission.ts";
import type { Shared } from "./connection.ts";
import type { Account } from "./tables.ts";

/** Who has logged in. */
export interface Admitted {
  /** The account. */
  readonly account: Account;
  /** Whether this login made it. */
  readonly created: boolean;
  /** Whether the others are to be told, and he of what they do. */
  readonly presence: "shown" | "quiet";
}

/**
 * Waits for a login.
 *
 * @param link The link.
 * @param options Its frames, of which only those of the login are taken; where the peer is.
 * @returns Who is in, or `null` where the link has ended.
 */
export async function admit(
  link: Link,
  options: {
    readonly frames: AsyncGenerator<FrameObject>;
    readonly shared: Shared;
    readonly address: string;
  },
): Promise<Admitted | null> {
  const { shared, frames, address } = options;
  const { accounts, guesses, journal, options: { policy, now, uptime, failed } } = shared.service;
  const admission = new Admission({
    accounts,
    channel: { channelBinding: link.session.channelBinding, realm: shared.identity.realm },
    policy,
    guesses,
    address,
    uptime,
    registration: shared.registration,
    now,
    newest: () => journal.delivered,
    failed,
  });
  // Not `for await`: leaving it would end the frames that the session reads on.
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    if (next.value.t === "bye") continue;
    const step = await admission.step(next.value);
    if ("admitted" in step) {
      return { account: step.admitted, created: step.created, presence: step.presence };
    }
    if (step.answer !== undefined) link.send(encodeEvent(step.answer));
    if ("end" in step) {
      await link.close(step.end);
      return null;
    }
  }
  return null;
}
