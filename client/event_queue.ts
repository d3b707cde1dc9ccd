/**
 * Events on their way to a program that takes them one by one: what is not taken slows the sender down.
 *
 * Not so while the program waits for an answer, which may come behind any number of events: then they are
 * kept until it goes on.
 *
 * @module
 */

/** Events that may wait before the sender does. */
const MOST_WAITING = 1_000;

/** Whoever waits for a number of events to be done with. */
interface Waiter {
  readonly upto: number;
  readonly resolve: () => void;
}

/** Events in order. */
export class EventQueue<T> {
  readonly #most: number;
  readonly #items: T[] = [];
  readonly #waiters: Waiter[] = [];
  #handedOver = 0;
  #done = 0;
  #hurries = 0;
  #end: { readonly error: Error | null } | null = null;
  #isTaken = false;
  #changed = Promise.withResolvers<void>();

  /**
   * Makes an empty queue.
   *
   * @param most Events that may wait before the sender does.
   */
  constructor(most: number = MOST_WAITING) {
    this.#most = most;
  }

  /** Hands an event over; resolves when there is room for the next. */
  async push(item: T): Promise<void> {
    if (this.#end !== null) return;
    this.#items.push(item);
    this.#handedOver++;
    this.#change();
    while (this.#items.length >= this.#most && this.#hurries === 0 && this.#end === null) {
      await this.#changed.promise;
    }
  }

  /** Resolves when the program is done with all that was handed over: it has asked for more. */
  async taken(): Promise<void> {
    if (this.#done >= this.#handedOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ upto: this.#handedOver, resolve });
    await promise;
  }

  /** Makes room for as long as something is awaited that may come behind what waits. */
  async during<R>(awaited: Promise<R>): Promise<R> {
    this.#hurries++;
    this.#change();
    try {
      return await awaited;
    } finally {
      this.#hurries--;
    }
  }

  /**
   * Takes the next event; the one before is done with.
   *
   * @returns The event, or `null` at the end.
   * @throws {Error} The error that has ended it, once everything before was taken.
   */
  async next(): Promise<T | null> {
    this.finish();
    while (this.#items.length === 0) {
      if (this.#end?.error) throw this.#end.error;
      if (this.#end !== null) return null;
      await this.#changed.promise;
    }
    const item = this.#items.shift() ?? null;
    this.#isTaken = true;
    this.#change();
    return item;
  }

  /** The event that was taken last is done with. */
  finish(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#done++;
    while ((this.#waiters[0]?.upto ?? Infinity) <= this.#done) this.#waiters.shift()?.resolve();
  }

  /** Holds nobody up any more: the end is near. */
  release(): void {
    this.#hurries++;
    this.#change();
  }

  /** No more events come. */
  end(error: Error | null = null): void {
    this.#end ??= { error };
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
