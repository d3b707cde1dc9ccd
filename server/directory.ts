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
  readonly #users = new Set<string>();
  readonly #held = new Set<string>();
  readonly #endings = new Map<string, number>();
  readonly #passwords = new Map<string, number>();

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

  /** Enters an account. */
  addUser(name: string): void {
    this.#users.add(name);
  }

  /** Removes an account that has ended. */
  removeUser(name: string): void {
    if (this.#users.delete(name)) this.#endings.set(name, this.endings(name) + 1);
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
    const user = closestName(name, this.#users);
    const group = closestName(name, groups);
    if (user === null || group === null) return user ?? group;
    return closestName(name, [user, group]);
  }
}
