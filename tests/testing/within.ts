/**
 * A bound for what a test waits for: it fails instead of hanging.
 *
 * @module
 */

/**
 * Waits, but not for ever.
 *
 * @param ms Milliseconds.
 * @param promise What is waited for; it is not cancelled.
 * @returns What it resolves to.
 * @throws {Error} If it takes longer.
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Cannot wait longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
