/**
 * Sends a direct or group message: sealed, kept, and stored under the newest epoch.
 *
 * The token is kept with the pending message before it is sent for the first time, and sent again as it is;
 * only after `stale_epoch` is the text sealed again (FTC1 §7.6).
 *
 * Source: FTC1 §7.4, §7.6; PRODUCT §4.
 *
 * @module
 */

import type { Identity } from "../../cipher/identity.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Event } from "../../protocol/event.ts";
import { type Asker, Refused } from "./asker.ts";
import type { Chains } from "./chains.ts";
import type { GroupPins } from "./group_pins.ts";
import type { Readiness } from "./readiness.ts";
import type { Resolver } from "./resolver.ts";
import type { SealedMessage } from "./sealed_message.ts";
import type { Sealer } from "./sealer.ts";

/** A message to be sent, its body the text. */
export type TextMessage = Extract<CommandInput, { readonly t: "send" }>;

/** What sending needs. */
export interface SenderOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Finds conversations. */
  readonly resolver: Resolver;
  /** Chains. */
  readonly chains: Chains;
  /** Makes them fit. */
  readonly readiness: Readiness;
  /** Groups as pinned. */
  readonly groups: GroupPins;
  /** Seals. */
  readonly sealer: Sealer;
  /** Who sends. */
  readonly identity: () => Identity;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The newest entry that there is, as far as is known. */
  readonly newest: () => number;
  /** Keeps the token with the pending message, and resolves when it is on the disk. */
  readonly keep: (message: TextMessage, sealed: SealedMessage) => Promise<void>;
  /** The token that was kept with a message. */
  readonly kept: (id: string) => SealedMessage | undefined;
}

/** Times that a message is sealed again because the epoch has changed meanwhile. */
const TRIES = 32;

/** Refusals that say that a name does not mean what it did. */
const MOVED: ReadonlySet<string> = new Set(["no_group", "no_user"]);

/** Sends messages, one at a time. */
export class Sender {
  readonly #options: SenderOptions;

  /**
   * Makes a sender.
   *
   * @param options Whom to ask, how to seal.
   */
  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Sends a message.
   *
   * @param message Its body is the text.
   * @returns The server's answer: `ack`, or `error`.
   * @throws {Refused} If it is not sent; the sentence says why.
   */
  async send(message: TextMessage): Promise<Event> {
    const { kept, sealer, resolver, chains, readiness } = this.#options;
    let sealed = kept(message.id);
    const isFresh = sealed === undefined;
    for (let tries = 0; tries < TRIES; tries++) {
      sealed ??= await this.#seal(message);
      const newest = this.#options.newest();
      const answer = await this.#options.asker.ask({
        ...message,
        conversation: sealed.conversation,
        epoch: sealed.epoch,
        body: sealed.token,
      });
      if (answer.t === "ack") {
        // It was stored before, under the same id, and not this token: its counter is free.
        if (isFresh && answer.id <= newest) sealer.refused(sealed);
        else sealer.stored(sealed);
        return answer;
      }
      sealer.refused(sealed);
      if (answer.t !== "error" || answer.code !== "stale_epoch") {
        if (answer.t === "error" && MOVED.has(answer.code)) resolver.forget(message.to);
        return answer;
      }
      readiness.forget(sealed.conversation);
      const chain = chains.find(sealed.conversation);
      if (chain !== undefined) await chains.refresh(chain);
      sealed = undefined;
    }
    throw new Refused({
      code: "stale_epoch",
      msg: "The keys of this conversation change too fast. Try again.",
    });
  }

  async #seal(message: TextMessage): Promise<SealedMessage> {
    const { resolver, chains, groups, readiness, sealer, identity, now, keep } = this.#options;
    const place = await resolver.find(message.to, message.kind);
    groups.refuseStranger(place);
    const chain = await chains.get(place);
    await readiness.prepare(chain, "message");
    const sealed = await sealer.seal(message.body, { chain, identity: identity(), now: now() });
    await keep(message, sealed);
    return sealed;
  }
}
