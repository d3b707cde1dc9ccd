/**
 * Errors of the operating system, told apart from bugs.
 *
 * @module
 */

/**
 * Says whether the system refused something: a full disk, a pipe that nobody reads, a file that may not
 * be written.
 *
 * @param error What was thrown.
 */
export function isSystemError(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    (error instanceof Error && /os error/.test(error.message));
}

/**
 * Says what was refused, for a sentence.
 *
 * @param error What was thrown.
 * @returns The message without the full stop at its end.
 */
export function causeText(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\.?\s*$/, "");
}
