/**
 * The chains of all conversations, in memory: a message costs one look-up.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { Chain } from "./chain.ts";
import type { Directory } from "./directory.ts";

/** All chains of a server. */
export class Chains {
  readonly #directory: Directory;
  readonly #chains = new Map<string, Chain>();
  readonly #damaged = new Set<string>();
  /** Whether the listed keys were the present ones, and up to which change of keys that holds. */
  readonly #looked = new WeakMap<Chain, { readonly at: number; readonly current: boolean }>();

  /**
   * Makes a `Chains`.
   *
   * @param directory Who has which keys.
   */
  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Finds the chain of a conversation, base64url. */
  get(conversation: string): Chain | null {
    return this.#chains.get(conversation) ?? null;
  }

  /** Enters a chain that is stored. */
  set(conversation: string, chain: Chain): void {
    this.#chains.set(conversation, chain);
  }

  /** Whether an epoch of the conversation cannot be read, so that nothing can follow it. */
  isDamaged(conversation: string): boolean {
    return this.#damaged.has(conversation);
  }

  /** Takes a conversation out of which an epoch cannot be read. */
  damage(conversation: string): void {
    this.#chains.delete(conversation);
    this.#damaged.add(conversation);
  }

  /**
   * Whether nobody in the list has newer keys: else an epoch must come before the next message.
   *
   * In a direct conversation both must be listed with their present keys; in a group somebody whose
   * account is gone or was made anew does not stop the others (FTC1 §7.4).
   */
  isCurrent(chain: Chain): boolean {
    const at = this.#directory.keyChanges;
    const looked = this.#looked.get(chain);
    if (looked?.at === at) return looked.current;
    const current = this.outdated(chain).length === 0;
    this.#looked.set(chain, { at, current });
    return current;
  }

  /** Members who have other keys than the list says, and whom a change of the list can follow. */
  outdated(chain: Chain): string[] {
    const { kind, members } = chain.head;
    return [...members.values()].flatMap(({ name, fingerprint }) => {
      const present = this.#directory.fingerprintOf(name);
      const listed = encodeBase64Url(fingerprint);
      // An account that cannot be read, or that is gone, has none.
      if (present === null || present === listed) return [];
      return kind === "direct" || this.#directory.leads(name, listed, present) ? [name] : [];
    });
  }
}
