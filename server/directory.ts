/**
 * Which names are taken, and by what: users and groups share one name space (FTC1 §4.6).
 *
 * No I/O. What is being made (an account, a group) holds its name until it is stored or has failed,
 * so that nothing else can take it in between.
 *
 * @module
 */

import { closestName } from "../protocol/name.ts";
import { Standings } from "./standings.ts";

/** The names of a server. */
export class Directory {
  /** user → fingerprints of the key records of his account, the present one last */
  readonly #users = new Map<string, readonly string[]>();
  readonly #held = new Set<string>();
  readonly #endings = new Map<string, number>();
  readonly #passwords = new Map<string, number>();
  #keyChanges = 0;

  /** What the operator has decided about names. */
  readonly standings = new Standings();

  /** Number of accounts. */
  get size(): number {
    return this.#users.size;
  }

  /** Whether there is an account of this name. */
  hasUser(name: string): boolean {
    return this.#users.has(name);
  }

  /** Whether somebody is about to take this name. */
  isHeld(name: string): boolean {
    return this.#held.has(name);
  }

  /**
   * Enters an account, or new keys of one.
   *
   * @param name Canonical.
   * @param line Fingerprints of its key records in base64url, each signed by the one before.
   */
  addUser(name: string, line: readonly string[]): void {
    this.#users.set(name, line);
    this.#keyChanges++;
  }

  /** Removes an account that has ended. */
  removeUser(name: string): void {
    if (!this.#users.delete(name)) return;
    this.#endings.set(name, this.endings(name) + 1);
    this.#keyChanges++;
  }

  /** Grows whenever the present keys of some name may have changed. */
  get keyChanges(): number {
    return this.#keyChanges;
  }

  /** Fingerprints of the key records of an account, the present one last; none without account. */
  lineOf(name: string): readonly string[] {
    return this.#users.get(name) ?? [];
  }

  /** The fingerprint of the present key record of an account. */
  fingerprintOf(name: string): string | null {
    return this.#users.get(name)?.at(-1) ?? null;
  }

  /** Whether the present account of a name has had one key record, and then the other. */
  leads(name: string, from: string, to: string): boolean {
    const line = this.lineOf(name);
    const at = line.indexOf(from);
    return at >= 0 && line.indexOf(to) > at;
  }

  /** How often an account of this name has ended since the server started. */
  endings(name: string): number {
    return this.#endings.get(name) ?? 0;
  }

  /** Tells that an account has another password. */
  passwordChanged(name: string): void {
    this.#passwords.set(name, this.passwords(name) + 1);
  }

  /** How often the password of this name was changed since the server started. */
  passwords(name: string): number {
    return this.#passwords.get(name) ?? 0;
  }

  /**
   * Holds a name while its account or group is being stored.
   *
   * @param name Canonical.
   * @returns A handle that gives the name free, or `null` where it is held or a user has it.
   */
  hold(name: string): Disposable | null {
    if (this.#users.has(name) || this.#held.has(name)) return null;
    this.#held.add(name);
    return { [Symbol.dispose]: () => void this.#held.delete(name) };
  }

  /**
   * Finds the name that was probably meant.
   *
   * @param name What was asked for, in lower case.
   * @param groups The groups of the asker; those of others are nobody's business.
   */
  closest(name: string, groups: Iterable<string>): string | null {
    const user = closestName(name, this.#users.keys());
    const group = closestName(name, groups);
    if (user === null || group === null) return user ?? group;
    return closestName(name, [user, group]);
  }
}
