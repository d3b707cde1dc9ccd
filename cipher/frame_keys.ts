/**
 * One direction's chain of one-time Fernet keys.
 *
 * ```
 * okm = KDF(C_b, "", "ftc1 block", 2080);  C_{b+1} = okm[0..32)
 * key of frame 64·b + j = okm[32 + 32·j .. 64 + 32·j),  j = 0..63
 * ```
 *
 * The key is the sequence number: a frame replayed, left out, swapped or reflected does not open.
 * What was handed out is overwritten here, so the present state opens no past frame. It seals and
 * opens nothing itself.
 *
 * Source: FTC1 §3.5, §3.7.
 *
 * @module
 */

import { kdfSync } from "./kdf.ts";

const KEY = 32;
const KEYS_PER_BLOCK = 64;
const BLOCK = KEY * (1 + KEYS_PER_BLOCK);

/** The keys of one direction of one session, each given once, in order. */
export class FrameKeys {
  #chain: Uint8Array;
  #block = new Uint8Array(0);
  #index = 0;

  /**
   * Starts a chain.
   *
   * @param chain `C_0` or `S_0` of the key schedule, 32 octets; copied.
   * @throws {RangeError} If it has another length.
   */
  constructor(chain: Uint8Array) {
    if (chain.length !== KEY) {
      throw new RangeError(`Cannot start frame keys: expected 32 octets, got ${chain.length}`);
    }
    this.#chain = chain.slice();
  }

  /** The number of the frame whose key is given next: keys given so far. */
  get index(): number {
    return this.#index;
  }

  /**
   * Gives the key of the next frame.
   *
   * @returns 32 octets, kept nowhere else.
   */
  next(): Uint8Array {
    const j = this.#index % KEYS_PER_BLOCK;
    if (j === 0) this.#step();
    const kept = this.#block.subarray(KEY * j, KEY * (j + 1));
    const key = kept.slice();
    kept.fill(0);
    this.#index++;
    return key;
  }

  #step(): void {
    const okm = kdfSync(this.#chain, "", "ftc1 block", BLOCK);
    this.#chain.fill(0);
    this.#chain = okm.slice(0, KEY);
    this.#block = okm.slice(KEY);
    okm.fill(0);
  }
}
