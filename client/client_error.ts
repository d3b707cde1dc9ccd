/**
 * Why a client cannot start or go on, told to its user.
 *
 * Not for bugs, which keep their stack. It is shown as its message alone, and the exit code is 1
 * (PRODUCT §1).
 *
 * @module
 */

/** A cause and its remedy, in one line. */
export class ClientError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "ClientError";

  /**
   * Makes the error.
   *
   * @param message What cannot be done, colon, cause; then the remedy. Line breaks, which an error of
   *   the system may bring along, become blanks.
   * @param options `cause`: the error behind it.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*[\r\n]+\s*/g, " "), options);
  }
}
