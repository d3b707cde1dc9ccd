/**
 * Seals texts: signed by this user, under the key of the newest epoch, with the next counter.
 *
 * `device` is random for each run. A counter that was not stored after all is used again: a hole would be
 * shown to the readers as a missing message.
 *
 * Source: FTC1 §7.6.
 *
 * @module
 */

import type { Identity } from "../../cipher/identity.ts";
import { sealMessage, tokenHash } from "../../cipher/message.ts";
import { Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { SealedMessage } from "./sealed_message.ts";

/** Tokens of which it is remembered that they were refused. */
const MOST_REFUSED = 64;

interface Place {
  /** Conversation and epoch. */
  readonly counter: string;
  readonly n: number;
}

/** Seals texts. */
export class Sealer {
  readonly #device = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  readonly #counters = new Map<string, number>();
  /** Conversation → the newest token seen there and its id. */
  readonly #newest = new Map<string, { readonly id: number; readonly token: string }>();
  readonly #own = new Map<string, Place>();
  readonly #refused = new Map<string, Place>();

  /** Takes note of a token that was seen. */
  saw(conversation: string, id: number, token: string): void {
    if ((this.#newest.get(conversation)?.id ?? -1) < id) {
      this.#newest.set(conversation, { id, token });
    }
    const own = this.#refused.get(token);
    if (own === undefined) return;
    // It was stored after all. Who uses its counter again is taken for a replay.
    this.#refused.delete(token);
    this.#counters.set(own.counter, Math.max(this.#counters.get(own.counter) ?? 0, own.n));
  }

  /**
   * Seals a text under the newest epoch of a conversation.
   *
   * @param text The text.
   * @param options The conversation, who sends, milliseconds since 1970.
   * @throws {Refused} If there is no key.
   */
  async seal(
    text: string,
    { chain, identity, now }: {
      readonly chain: Chain;
      readonly identity: Identity;
      readonly now: number;
    },
  ): Promise<SealedMessage> {
    const { id, conversation } = chain;
    const epoch = chain.head?.epoch ?? -1;
    const key = await chain.keys.messageKey(epoch);
    if (key === null) {
      throw new Refused({ code: "no_key", msg: "The key of this conversation is missing." });
    }
    const counter = `${id} ${epoch}`;
    const n = (this.#counters.get(counter) ?? 0) + 1;
    this.#counters.set(counter, n);
    const newest = this.#newest.get(id)?.token;
    const token = await sealMessage(key, {
      conversation,
      epoch,
      device: this.#device,
      n,
      link: newest === undefined ? new Uint8Array(32) : await tokenHash(newest),
      time: now,
      sender: identity.user,
      senderFingerprint: identity.fingerprint,
      body: new TextEncoder().encode(text),
    }, { signKey: identity.signKey, now: Math.floor(now / 1_000) });
    this.#own.set(token, { counter, n });
    return { conversation: id, epoch, token };
  }

  /** The server has stored a token. */
  stored({ token }: SealedMessage): void {
    this.#own.delete(token);
  }

  /** The server has refused a token for good: its counter is free, if it was the last one. */
  refused({ token }: SealedMessage): void {
    const own = this.#own.get(token);
    this.#own.delete(token);
    if (own === undefined) return;
    // Behind it another one may have been stored: then that counter must not come again.
    if (this.#counters.get(own.counter) === own.n) this.#counters.set(own.counter, own.n - 1);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= MOST_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(token, own);
  }
}
