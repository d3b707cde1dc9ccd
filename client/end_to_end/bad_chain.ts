/**
 * What is wrong with the epochs that a server shows.
 *
 * @module
 */

/** A record, a list or a note that must not be accepted. */
export class BadChain extends Error {
  /** Tells it from other errors. */
  override readonly name = "BadChain";
  /** Which check failed. */
  readonly reason: string;

  /**
   * Names the failed check.
   *
   * @param reason The check: one of `BadChange`, or what else was looked at.
   */
  constructor(reason: string) {
    super(`Cannot accept epoch: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Makes a handler for a promise that fails where a record cannot be read.
 *
 * @param reason The check.
 */
export function refuseAsBad(reason: string): (error: unknown) => never {
  return () => {
    throw new BadChain(reason);
  };
}
