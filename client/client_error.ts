/**
 * Why a client cannot start or go on, told to its user.
 *
 * Not for bugs, which keep their stack. It is shown as its message alone, and the exit code is 1
 * (PRODUCT §1).
 *
 * @module
 */

/**
 * Whether another try may help: never; not at the start of a run, where it is most likely a mistake, but
 * later; soon; soon, since the server has said so.
 */
export type Outlook = "final" | "lasting" | "passing" | "busy";

/** A cause and its remedy, in one line. */
export class ClientError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "ClientError";
  /** Whether another try may help. */
  readonly outlook: Outlook;

  /**
   * Makes the error.
   *
   * @param message What cannot be done, colon, cause; then the remedy. Line breaks, which an error of
   *   the system may bring along, become blanks.
   * @param options `cause`: the error behind it. `outlook`: `final` unless told.
   */
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly outlook?: Outlook } = {},
  ) {
    super(message.replaceAll(/\s*[\r\n]+\s*/g, " "), { cause: options.cause });
    this.outlook = options.outlook ?? "final";
  }
}
