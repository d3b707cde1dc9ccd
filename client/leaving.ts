/**
 * What the user does not wait for.
 *
 * @module
 */

import { NoCredentials } from "./credentials.ts";

/**
 * Waits for something that the user may leave.
 *
 * @param signal Aborted when the user leaves.
 * @param work What is waited for; it goes on, and what it throws then is lost.
 * @returns Its result.
 * @throws {NoCredentials} When the user leaves first.
 */
export async function unlessLeft<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(new NoCredentials());
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
