/**
 * Why a server cannot start, told to whoever starts it.
 *
 * It is *not* for bugs: those keep their stack. A `StartError` is shown as its message alone, and the
 * exit code is 1 (PRODUCT §1).
 *
 * @module
 */

/** A cause and its remedy, in one line. */
export class StartError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "StartError";

  /**
   * Makes the error.
   *
   * @param message Action, colon, cause; then the remedy. Line breaks, which a path or an error of the
   * system may bring along, become blanks.
   * @param options `cause`: the error behind it.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*[\r\n]+\s*/g, " "), options);
  }
}
