/**
 * Timers that run when the test says so: `setTimeout` and `clearTimeout` are replaced until disposal.
 *
 * Only for code that owns its timer and takes no clock. Promises are left alone.
 *
 * @module
 */

/** Lets all that is ready run to its end: resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The timers that have been set. */
export interface FakeTimers extends Disposable {
  /** Timers that wait. */
  readonly waiting: number;
  /** Lets time pass: runs, in order, all timers that are due by then. */
  pass(milliseconds: number): void;
}

/** Replaces the timers; `using` puts the real ones back. */
export function fakeTimers(): FakeTimers {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  let now = 0;
  let ids = 0;
  const set = (run: () => void, delay = 0): number => {
    timers.set(++ids, { at: now + delay, run });
    return ids;
  };
  Object.assign(globalThis, {
    setTimeout: set,
    clearTimeout: (id: number) => void timers.delete(id),
  });
  return {
    get waiting(): number {
      return timers.size;
    },
    pass(milliseconds: number): void {
      now += milliseconds;
      const due = [...timers].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at);
      for (const [id, { run }] of due) if (timers.delete(id)) run();
    },
    [Symbol.dispose]: () => void Object.assign(globalThis, real),
  };
}
