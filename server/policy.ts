/**
 * Every rate, size and time that an operator may change, in one place, with unit and reason.
 *
 * What both sides must agree on is not here but in `protocol/limits.ts`.
 * Source: FTC1 §3.10, §4.5; PRODUCT §2, §3.
 *
 * @module
 */

/** The bounds that a server keeps. */
export interface Policy {
  /** Milliseconds from `accept` to the end of the client hello: nobody holds a place by silence. */
  readonly helloMs: number;
  /** Milliseconds from the handshake to the end of the login: a human types a password. */
  readonly loginMs: number;
  /** Handshakes computed at once: each costs about a millisecond of a core. */
  readonly handshakesRunning: number;
  /** Handshakes that wait for their turn; more are answered with the alert "busy". */
  readonly handshakesWaiting: number;
  /** Connections that have not logged in, in total; the oldest goes first. */
  readonly strangersTotal: number;
  /** Connections that have not logged in, for each address (loopback exempt). */
  readonly strangersPerAddress: number;
  /** New connections that one address may open at once (loopback exempt). */
  readonly connectBurst: number;
  /** New connections that one address may open each second in the long run. */
  readonly connectPerSecond: number;
  /** Whether connections from this machine are exempt from the bounds for each address. */
  readonly loopbackExempt: boolean;
  /** Sessions of one account at once. */
  readonly sessionsPerAccount: number;
  /** Sessions in total: each costs about 24 KB of memory. */
  readonly sessionsTotal: number;
  /** Octets of JSON text that may wait for one peer who does not read. */
  readonly outboxOctets: number;
  /** Wrong proofs of a password on one connection. */
  readonly wrongPasswords: number;
  /** Names that are no names on one connection. */
  readonly badNames: number;
  /** Days for which the name of a deleted group is not given to another. */
  readonly groupNameDays: number;
  /** Days for which a message id sent again is recognised. */
  readonly sentDays: number;
}

/** What holds unless the operator says otherwise. */
export const DEFAULT_POLICY: Policy = {
  helloMs: 10_000,
  loginMs: 120_000,
  handshakesRunning: 8,
  handshakesWaiting: 64,
  strangersTotal: 512,
  strangersPerAddress: 32,
  connectBurst: 100,
  connectPerSecond: 5,
  loopbackExempt: true,
  sessionsPerAccount: 16,
  sessionsTotal: 4_096,
  outboxOctets: 1_048_576,
  wrongPasswords: 3,
  badNames: 10,
  groupNameDays: 30,
  sentDays: 7,
};
