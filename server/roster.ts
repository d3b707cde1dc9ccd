/**
 * Comings and goings: who is told, and what survives the end of the server.
 *
 * Who is online is written to the store at once, so that a server that was killed knows whose return
 * is no news (PRODUCT §2).
 *
 * @module
 */

import { encodeEvent } from "../protocol/codec.ts";
import type { LazyWriter } from "./lazy_writer.ts";
import type { Presence, Receiver } from "./presence.ts";
import { encodeRecord } from "./record.ts";
import type { Key, Store } from "./store.ts";
import { keyOf, prefixOf } from "./tables.ts";

/** Keeps presence, and tells of it. */
export class Roster {
  readonly #presence: Presence;
  readonly #writer: LazyWriter;

  /**
   * Makes a `Roster`.
   *
   * @param presence Who is here.
   * @param writer Where that is written.
   */
  constructor(presence: Presence, writer: LazyWriter) {
    this.#presence = presence;
    this.#writer = writer;
  }

  /**
   * Reads who was online when the server ended.
   *
   * @param store Where that stands.
   * @param now Milliseconds of a clock that never goes back.
   */
  async load(store: Store, now: number): Promise<void> {
    for await (const { key } of store.scan(prefixOf.online)) {
      this.#presence.expect([String(key[1])], now);
    }
  }

  /** Enters a session of which nobody is told. */
  enterQuietly(user: string, session: Receiver): void {
    this.#presence.enterQuietly(user, session);
  }

  /** Enters a session, and tells the others where it is news. */
  enter(user: string, session: Receiver, now: number): void {
    const key = keyOf.online(user);
    if (!this.#presence.isHere(user)) this.#write(key, encodeRecord(key, { user }));
    if (this.#presence.enter(user, session, now) === "silent") return;
    this.#presence.deliverExcept(user, encodeEvent({ t: "joined", user }));
  }

  /** Removes a session, and tells the others where it is news. */
  leave(
    user: string,
    session: Receiver,
    options: { readonly saidBye: boolean; readonly now: number },
  ): void {
    if (this.#presence.leave(user, session, options) === "left") this.#left(user);
  }

  /** Tells of those who were cut off and have not come back. To be called about once a second. */
  sweep(now: number): void {
    const { left, missed } = this.#presence.sweep(now);
    for (const user of left) this.#left(user);
    for (const user of missed) this.#write(keyOf.online(user), null);
  }

  #left(user: string): void {
    this.#write(keyOf.online(user), null);
    this.#presence.deliverExcept(user, encodeEvent({ t: "left", user }));
  }

  /** At once: what the others were told must hold after a crash in the next moment. */
  #write(key: Key, value: Uint8Array | null): void {
    this.#writer.put(key, value);
    this.#writer.hurry();
  }
}
