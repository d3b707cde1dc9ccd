/**
 * What a program that uses the library catches.
 *
 * @module
 */

/** Something was refused, or the chat has ended. */
export class ChatError extends Error {
  /** Tells it from other errors. */
  override readonly name = "ChatError";

  /**
   * Makes the error.
   *
   * @param code As in an `error` of docs/JSON.md; `closed`: the chat has ended, and the message says why.
   * @param message A sentence. What comes from a server stands in it to the letter.
   */
  constructor(readonly code: string, message: string) {
    super(message);
  }
}
