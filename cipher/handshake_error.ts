/**
 * Why a handshake ended without a session.
 *
 * The codes are those of FTC1 §3.12. A server logs the code and tells the peer nothing, except for
 * `version`, which it answers with an alert. A client makes its text for the user from the code.
 *
 * @module
 */

/** The code of a failed handshake. */
export type HandshakeErrorCode =
  | "bad_token"
  | "bad_hello"
  | "bad_share"
  | "bad_auth"
  | "version"
  | "downgrade"
  | "alert";

const STATES: Readonly<Record<HandshakeErrorCode, string>> = {
  bad_token: "the hello is not a token under this key",
  bad_hello: "the hello is not well-formed",
  bad_share: "the peer's key share is not valid",
  bad_auth: "the server's proof of identity is not genuine",
  version: "no common protocol version",
  downgrade: "the selected version is not the highest common one",
  alert: "the server sent an alert",
};

/** A handshake that ended without a session. */
export class HandshakeError extends Error {
  /** Always `HandshakeError`. */
  override readonly name = "HandshakeError";
  /** What went wrong. */
  readonly code: HandshakeErrorCode;
  /** The alert's code: 1 no common version, 2 busy. Not authenticated: a hint for a text. */
  readonly alert?: number;

  /**
   * Names what went wrong.
   *
   * @param code The code.
   * @param options `alert`: the code of the alert, with `alert` only.
   */
  constructor(code: HandshakeErrorCode, options: { alert?: number } = {}) {
    super(`Cannot shake hands: ${STATES[code]}`);
    this.code = code;
    if (options.alert !== undefined) this.alert = options.alert;
  }
}
