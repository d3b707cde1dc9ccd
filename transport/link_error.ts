/**
 * Why a connection failed.
 *
 * @module
 */

/** The codes of FTC1 §3.12 that concern the connection. */
export type LinkErrorCode =
  | "closed_early"
  | "bad_hello"
  | "version"
  | "downgrade"
  | "bad_share"
  | "bad_auth"
  | "alert"
  | "timeout"
  | "line_too_long"
  | "bad_token"
  | "bad_frame"
  | "truncated";

/** A connection that cannot go on. */
export class LinkError extends Error {
  /** Tells it from other errors. */
  override readonly name = "LinkError";
  /** The code of the alert, where `code` is `alert` (FTC1 §3.4). */
  readonly alert?: number;

  /**
   * Makes a `LinkError`.
   *
   * @param code Why.
   * @param options The error below, and the code of an alert.
   */
  constructor(readonly code: LinkErrorCode, options: { cause?: unknown; alert?: number } = {}) {
    super(`Cannot go on with connection: ${code}`, { cause: options.cause });
    if (options.alert !== undefined) this.alert = options.alert;
  }
}
