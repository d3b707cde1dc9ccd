/**
 * The keys of the epochs of one conversation, opened when they are first needed.
 *
 * `K` comes out of a wrap for this user, or, after an addition, out of the `K` before; it counts only if it
 * fits the commitment that the epoch's record signs.
 *
 * Source: FTC1 §7.4, §7.5, §7.6.
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import type { EpochRecord } from "../../cipher/epoch.ts";
import { commitment, deriveAdded, importMessageKey } from "../../cipher/epoch_key.ts";
import type { FernetKey } from "../../cipher/fernet.ts";
import type { Identity } from "../../cipher/identity.ts";
import { BadWrap, openWrap } from "../../cipher/wrap.ts";

/** Who opens wraps: the present identity first, then former ones (FTC1 §7.7, `roots`). */
export interface Unlocker {
  /** At least one. */
  readonly identities: readonly Identity[];
}

interface Slot {
  readonly record: EpochRecord;
  wrap: Uint8Array | null;
  key?: Uint8Array | null;
  messageKey?: FernetKey;
}

/** Keys by epoch. */
export class EpochKeys {
  readonly #conversation: Uint8Array;
  readonly #me: Unlocker;
  readonly #slots: Slot[] = [];

  /**
   * Makes an empty one.
   *
   * @param conversation The id, 32 octets.
   * @param me Who opens wraps.
   */
  constructor(conversation: Uint8Array, me: Unlocker) {
    this.#conversation = conversation;
    this.#me = me;
  }

  /** Adds the next epoch, and this user's wrap where there is one. */
  add(record: EpochRecord, wrap: Uint8Array | null): void {
    this.#slots.push({ record, wrap });
  }

  /** A new wrap for an epoch whose key was missing; what depends on it may open then as well. */
  rewrap(epoch: number, wrap: Uint8Array): void {
    const slot = this.#slots[epoch];
    if (slot !== undefined) slot.wrap = wrap;
    for (const one of this.#slots.slice(epoch)) if (one.key === null) delete one.key;
  }

  /** Whether there is a wrap for this user, fitting or not. */
  hasWrap(epoch: number): boolean {
    return (this.#slots[epoch]?.wrap ?? null) !== null;
  }

  /**
   * Finds `K`.
   *
   * @param epoch Of which epoch.
   * @returns 32 octets, or `null` where there is no fitting one.
   */
  async key(epoch: number): Promise<Uint8Array | null> {
    // Additions in a row are followed back to a key that is known or has a wrap.
    let start = epoch;
    while (start > 0 && this.#derives(start)) start--;
    for (let at = start; at <= epoch; at++) {
      const slot = this.#slots[at];
      if (slot !== undefined && slot.key === undefined) slot.key = await this.#find(slot, at);
    }
    return this.#slots[epoch]?.key ?? null;
  }

  /** The key of an epoch's messages, or `null` where `K` is missing. */
  async messageKey(epoch: number): Promise<FernetKey | null> {
    const slot = this.#slots[epoch];
    const key = await this.key(epoch);
    if (slot === undefined || key === null) return null;
    return slot.messageKey ??= await importMessageKey(key, slot.record.hash);
  }

  #derives(epoch: number): boolean {
    const slot = this.#slots[epoch];
    return slot?.record.change === "add" && slot.wrap === null && slot.key === undefined;
  }

  async #find({ record, wrap }: Slot, epoch: number): Promise<Uint8Array | null> {
    const before = record.change === "add" ? this.#slots[epoch - 1]?.key ?? null : null;
    if (before !== null) {
      const key = await deriveAdded(before, record.membersHash);
      if (await this.#fits(key, record)) return key;
    }
    if (wrap === null) return null;
    for (const identity of this.#me.identities) {
      const key = await this.#open(wrap, record, identity);
      if (key !== null && await this.#fits(key, record)) return key;
    }
    return null;
  }

  async #open(
    wrap: Uint8Array,
    { hash: recordHash }: EpochRecord,
    identity: Identity,
  ): Promise<Uint8Array | null> {
    try {
      return await openWrap(wrap, { recordHash, identity });
    } catch (error) {
      if (error instanceof BadWrap) return null;
      throw error;
    }
  }

  async #fits(key: Uint8Array, record: EpochRecord): Promise<boolean> {
    return equal(await commitment(this.#conversation, record.epoch, key), record.commitment);
  }
}
