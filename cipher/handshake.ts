/**
 * The handshake, both roles, as one import for the transport.
 *
 * ```
 * client                                   server
 * ClientHandshake.start ── CH ───────────▶ answerHello
 * readServerHello       ◀─────────── SH ── (or alertLine)
 * readServerAuth        ◀─────────── SA ──
 * ```
 *
 * Three lines, one round trip. It only names the parts: `client_handshake.ts`, `server_handshake.ts`.
 *
 * Source: FTC1 §3.
 *
 * @module
 */

export {
  ClientHandshake,
  type ClientHandshakeKeys,
  type ClientHandshakeOptions,
} from "./client_handshake.ts";
export { HandshakeError, type HandshakeErrorCode } from "./handshake_error.ts";
export {
  ALERT,
  alertLine,
  answerHello,
  type AnswerHelloOptions,
  type HelloAnswer,
} from "./server_handshake.ts";
export type { Session } from "./session.ts";
