/**
 * Who is here: the sessions of each user, and those who will probably be back in a moment.
 *
 * Who is cut off stays present for a while, and his return is silent; so is, for a while after a
 * start, the return of those who were online when the server ended (PRODUCT §2). No I/O; the time
 * is an argument, in milliseconds of a clock that never goes back.
 *
 * A quiet session (docs/PROTOCOL.md, "Log in") counts as one, and is ended with the others; it makes nobody
 * present and is told nothing.
 *
 * @module
 */

import type { Policy } from "./policy.ts";

/** A session, as far as presence and delivery are concerned. */
export interface Receiver {
  /** Takes the JSON text of an event; never waits. */
  send(text: Uint8Array): void;
  /** Ends the session. */
  close(reason: string): Promise<void>;
}

/** The sessions of all users. */
export class Presence {
  readonly #policy: Pick<Policy, "awayMs" | "returnMs">;
  readonly #sessions = new Map<string, Set<Receiver>>();
  readonly #quiet = new Map<string, Set<Receiver>>();
  /** Cut off, and until when they count as present. */
  readonly #away = new Map<string, number>();
  /** Were online when the server ended, and until when they return silently. */
  readonly #expected = new Map<string, number>();
  #total = 0;

  /**
   * Makes an empty one.
   *
   * @param policy How long absences are overlooked.
   */
  constructor(policy: Pick<Policy, "awayMs" | "returnMs">) {
    this.#policy = policy;
  }

  /** Number of sessions. */
  get total(): number {
    return this.#total;
  }

  /** Number of sessions of a user, quiet ones included. */
  count(user: string): number {
    return this.sessionsOf(user).length;
  }

  /** Sessions of a user, quiet ones included. */
  sessionsOf(user: string): Receiver[] {
    return [...this.#sessions.get(user) ?? [], ...this.#quiet.get(user) ?? []];
  }

  /** Whether a session of a user makes him present. */
  isHere(user: string): boolean {
    return this.#sessions.has(user);
  }

  /** Whether a user is present. */
  isOnline(user: string): boolean {
    return this.#sessions.has(user) || this.#away.has(user);
  }

  /** Users who are present, sorted. */
  users(): string[] {
    return [...new Set([...this.#sessions.keys(), ...this.#away.keys()])].sort();
  }

  /**
   * Tells who was online when the server ended.
   *
   * @param users They.
   * @param now The time of the start.
   */
  expect(users: Iterable<string>, now: number): void {
    for (const user of users) this.#expected.set(user, now + this.#policy.returnMs);
  }

  /**
   * Enters a session.
   *
   * @returns Whether that is news to the others.
   */
  enter(user: string, session: Receiver, now: number): "joined" | "silent" {
    const sessions = this.#sessions.get(user) ?? new Set();
    const isFirst = sessions.size === 0;
    this.#sessions.set(user, sessions);
    if (!sessions.has(session)) this.#total++;
    sessions.add(session);
    const expected = (this.#expected.get(user) ?? -Infinity) > now;
    this.#expected.delete(user);
    const wasAway = this.#away.delete(user);
    return isFirst && !wasAway && !expected ? "joined" : "silent";
  }

  /** Enters a session that is no news and hears none. */
  enterQuietly(user: string, session: Receiver): void {
    const sessions = this.#quiet.get(user) ?? new Set();
    this.#quiet.set(user, sessions);
    if (!sessions.has(session)) this.#total++;
    sessions.add(session);
  }

  /**
   * Removes a session.
   *
   * @param user Whose.
   * @param session Which.
   * @param options Whether he said goodbye; now.
   * @returns Whether that is news to the others.
   */
  leave(
    user: string,
    session: Receiver,
    options: { readonly saidBye: boolean; readonly now: number },
  ): "left" | "silent" {
    if (this.#leaveQuietly(user, session)) return "silent";
    const sessions = this.#sessions.get(user);
    if (!sessions?.delete(session)) return "silent";
    this.#total--;
    if (sessions.size > 0) return "silent";
    this.#sessions.delete(user);
    if (options.saidBye) return "left";
    this.#away.set(user, options.now + this.#policy.awayMs);
    return "silent";
  }

  /**
   * Finds out who has been away for too long.
   *
   * @param now Now.
   * @returns `left`: is to be told to the others; `missed`: was expected and has not come.
   */
  sweep(now: number): { readonly left: string[]; readonly missed: string[] } {
    return { left: takeOver(this.#away, now), missed: takeOver(this.#expected, now) };
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

  #leaveQuietly(user: string, session: Receiver): boolean {
    const sessions = this.#quiet.get(user);
    if (!sessions?.delete(session)) return false;
    this.#total--;
    if (sessions.size === 0) this.#quiet.delete(user);
    return true;
  }

  /** Hands an event to every session of everybody but one user. */
  deliverExcept(user: string, text: Uint8Array): void {
    for (const [name, sessions] of this.#sessions) {
      if (name !== user) { for (const session of sessions) session.send(text); }
    }
  }
}

function takeOver(deadlines: Map<string, number>, now: number): string[] {
  const over = [...deadlines].filter(([, until]) => until <= now).map(([user]) => user);
  for (const user of over) deadlines.delete(user);
  return over;
}
