/**
 * Who is here: the sessions of each user.
 *
 * No I/O; a session is whatever takes the JSON text of an event.
 *
 * @module
 */

/** A session, as far as delivery is concerned. */
export interface Receiver {
  /** Takes an event; never waits. */
  send(text: Uint8Array): void;
}

/** The sessions of all users. */
export class Presence {
  readonly #sessions = new Map<string, Set<Receiver>>();
  #total = 0;

  /** Number of sessions. */
  get total(): number {
    return this.#total;
  }

  /** Number of sessions of a user. */
  count(user: string): number {
    return this.#sessions.get(user)?.size ?? 0;
  }

  /** Whether a user has a session. */
  isOnline(user: string): boolean {
    return this.#sessions.has(user);
  }

  /** Users with a session, sorted. */
  users(): string[] {
    return [...this.#sessions.keys()].sort();
  }

  /**
   * Enters a session.
   *
   * @returns Whether it is the first one of its user.
   */
  enter(user: string, session: Receiver): boolean {
    const sessions = this.#sessions.get(user) ?? new Set();
    this.#sessions.set(user, sessions);
    if (!sessions.has(session)) this.#total++;
    sessions.add(session);
    return sessions.size === 1;
  }

  /**
   * Removes a session.
   *
   * @returns Whether it was the last one of its user.
   */
  leave(user: string, session: Receiver): boolean {
    const sessions = this.#sessions.get(user);
    if (!sessions?.delete(session)) return false;
    this.#total--;
    if (sessions.size > 0) return false;
    this.#sessions.delete(user);
    return true;
  }

  /**
   * Hands an event to every session of some users.
   *
   * @param text JSON text, made once for all.
   * @param users To whom; everybody where it is left out.
   */
  deliver(text: Uint8Array, users: Iterable<string> = this.#sessions.keys()): void {
    for (const user of users) {
      for (const session of this.#sessions.get(user) ?? []) session.send(text);
    }
  }

  /** Hands an event to every session of everybody but one user. */
  deliverExcept(user: string, text: Uint8Array): void {
    for (const [name, sessions] of this.#sessions) {
      if (name !== user) { for (const session of sessions) session.send(text); }
    }
  }
}
