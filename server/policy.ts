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
  /** Wrong proofs for one account from one address that cost no wait. */
  readonly wrongFree: number;
  /** Milliseconds of the first wait after those; it doubles with each wrong one, up to an hour. */
  readonly wrongWaitMs: number;
  /** Wrong proofs for one account in an hour, from all addresses that never got in. */
  readonly wrongFromStrangersPerHour: number;
  /** Wrong proofs in an hour from one address, for all accounts. */
  readonly wrongPerAddressPerHour: number;
  /** New accounts in an hour from one address (loopback exempt): a class behind one gets in. */
  readonly registrationsPerAddressPerHour: number;
  /** New accounts in an hour in total. */
  readonly registrationsPerHour: number;
  /** Reads (history, lists) that an account may ask at once. */
  readonly readBurst: number;
  /** Reads that come back each second. */
  readonly readsPerSecond: number;
  /** Other requests that an account may make at once. */
  readonly requestBurst: number;
  /** Other requests that come back each second. */
  readonly requestsPerSecond: number;
  /** Milliseconds over the rate, without waiting as told, after which it is a flood. */
  readonly floodMs: number;
  /** Octets of text that an account may store in a day (UTC). */
  readonly octetsPerDay: number;
  /** Changes of keys (`passwd` with `keys`) of an account in a day (UTC): every record is kept for ever. */
  readonly rekeysPerDay: number;
  /** Milliseconds in which all wraps and the record of an epoch must come (FTC1 §7.4). */
  readonly stagedMs: number;
  /** Epochs for which one account may be sending wraps: one for each of a few sessions; the oldest gives way. */
  readonly stagedPerAccount: number;
  /** Milliseconds between two changes of an epoch's key that nothing asks for (FTC1 §7.4). */
  readonly rotateMs: number;
  /** Milliseconds between two such changes that a leave note or a complaint asks for: nobody uses epochs up. */
  readonly urgentRotateMs: number;
  /** Epochs that one member may make at once in one conversation: it has only so many (FTC1 §7.4). */
  readonly epochBurst: number;
  /** Epochs that come back to him each minute. */
  readonly epochsPerMinute: number;
  /** Complaints about wraps that one member may have open in one conversation. */
  readonly complaintsPerMember: number;
  /** Complaints of one member in one conversation in an hour: each has another's client wrap anew. */
  readonly complaintsPerHour: number;
  /** Octets that must stay free on the disk: below, nothing new is stored. */
  readonly freeDiskOctets: number;
  /** Milliseconds after which a commit under way counts as hanging: nothing more is accepted. */
  readonly commitMs: number;
  /** Milliseconds in which a line that has begun must be complete. */
  readonly lineMs: number;
  /** Milliseconds of own silence after which a `ping` is sent, a sixth more or less. */
  readonly pingMs: number;
  /** Milliseconds without any input after which a peer counts as gone. */
  readonly silenceMs: number;
  /** Milliseconds after which a connection ends with `bye rekey`: fresh keys. */
  readonly lifetimeMs: number;
  /** Frames in one direction after which it does. */
  readonly lifetimeFrames: number;
  /** Milliseconds for which somebody who was cut off counts as present. */
  readonly awayMs: number;
  /** Milliseconds after a start for which those who were online at its end return silently. */
  readonly returnMs: number;
  /** Days for which the name of a deleted group is not given to another. */
  readonly groupNameDays: number;
  /** Days for which the name of a deleted account is not given to another. */
  readonly accountNameDays: number;
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
  wrongFree: 5,
  wrongWaitMs: 15_000,
  wrongFromStrangersPerHour: 30,
  wrongPerAddressPerHour: 60,
  registrationsPerAddressPerHour: 100,
  registrationsPerHour: 1_000,
  readBurst: 500,
  readsPerSecond: 200,
  requestBurst: 60,
  requestsPerSecond: 20,
  floodMs: 10_000,
  octetsPerDay: 67_108_864,
  rekeysPerDay: 20,
  stagedMs: 600_000,
  stagedPerAccount: 4,
  rotateMs: 3_600_000,
  urgentRotateMs: 60_000,
  epochBurst: 60,
  epochsPerMinute: 1,
  complaintsPerMember: 16,
  complaintsPerHour: 60,
  freeDiskOctets: 67_108_864,
  commitMs: 10_000,
  lineMs: 30_000,
  pingMs: 30_000,
  silenceMs: 90_000,
  lifetimeMs: 86_400_000,
  lifetimeFrames: 16_777_216,
  awayMs: 15_000,
  returnMs: 60_000,
  groupNameDays: 30,
  accountNameDays: 30,
  sentDays: 7,
};
