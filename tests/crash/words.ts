/**
 * Who says what to whom in a crash run, and how it looks on a screen.
 *
 * Each text is unique and says itself where it belongs: `alice 17 lobby`. So a line of output is enough
 * to know which message it is, who may see it and whether it stands where it should.
 *
 * Source of the lines: PRODUCT §3.
 *
 * @module
 */

/** Accounts that talk. */
export const SENDERS = ["alice", "bob", "carol", "dave"] as const;

/** Everybody; the last two only listen. */
export const ACCOUNTS = [...SENDERS, "erin", "frank"] as const;

/** The group. */
export const TEAM = "team";

/** Its members, the owner first. */
export const MEMBERS = ["alice", "bob", "carol", "erin"] as const;

/**
 * Who comes and goes in the group, so that its keys change while everybody talks. Nobody sits there:
 * what this account sees is not looked at.
 */
export const GUEST = "guest";

/** A message as it was meant. */
export interface Said {
  /** The account. */
  readonly from: string;
  /** Counts the messages of the account, from 1. */
  readonly number: number;
  /** `lobby`, the group, or an account. */
  readonly to: string;
}

/** A line of a client that shows a message. */
export interface ShownMessage {
  /** What the text says of itself. */
  readonly said: Said;
  /** The line without date and time, and without the remark that somebody is offline. */
  readonly line: string;
}

const PAST = /^\d{4}-\d\d-\d\d \d\d:\d\d /;
const OFFLINE = / \(offline, will be delivered\)$/;
const TEXT = /(?:^|: )([a-z]+) ([1-9]\d*) ([a-z]+)$/;

/** Lines other than messages that a client may print. */
const ORDINARY = [
  /^New account "[a-z]+" created\.$/,
  /^Welcome to the chatroom, [a-z]+!$/,
  /^--- [\d,]+ messages? while you were away ---$/,
  /^--- now ---$/,
  /^--- Last [\d,]+ Messages ---$/,
  /^\* [a-z]+ has (?:joined|left) the chat \*$/,
  /^Group [a-z]+ created with members: [a-z, ]+$/,
  new RegExp(`^Group [a-z]+: [a-z]+ (?:added|removed) ${GUEST}$`),
  /^Goodbye!$/,
  // A change that was done, but not answered, before a process was killed is wanted once more.
  /^Group [a-z]+: nothing to change\.$/,
  new RegExp(`^ERROR: ${GUEST} is not a member of [a-z]+\\.$`),
];

/** The text of a message. */
export function textOf({ from, number, to }: Said): string {
  return `${from} ${number} ${to}`;
}

/** Reads the text of a message; `null` if it is none of ours. */
export function saidIn(text: string): Said | null {
  const [, from, number, to] = TEXT.exec(text) ?? [];
  if (from === undefined || number === undefined || to === undefined) return null;
  return { from, number: Number(number), to };
}

/** What its sender types. */
export function typedFor(said: Said): string {
  return said.to === "lobby" ? textOf(said) : `@${said.to} ${textOf(said)}`;
}

/** Names the conversation that a message belongs to. */
export function conversationOf({ from, to }: Said): string {
  return to === "lobby" || to === TEAM ? to : [from, to].sort().join("+");
}

/** Whether an account may read a message. */
export function mayRead(account: string, { from, to }: Said): boolean {
  if (to === "lobby") return true;
  if (to === TEAM) return MEMBERS.some((member) => member === account);
  return account === from || account === to;
}

/** Where an account may send to. */
export function receiversOf(account: string): string[] {
  const others = ACCOUNTS.filter((other) => other !== account);
  return mayRead(account, { from: account, number: 0, to: TEAM })
    ? ["lobby", "lobby", TEAM, TEAM, ...others]
    : ["lobby", "lobby", ...others];
}

/** The line that an account must see of a message. */
export function lineFor(account: string, said: Said): string {
  const text = textOf(said);
  if (said.to === "lobby") return `[${said.from}]: ${text}`;
  if (said.to === TEAM) return `[Group: ${TEAM}] ${said.from}: ${text}`;
  return said.from === account ? `[DM to ${said.to}]: ${text}` : `[DM from ${said.from}]: ${text}`;
}

/**
 * Whether a line of output is one that nothing has to be said about. A message that is missing, altered,
 * or filed twice, a warning about keys and any other error is not.
 */
export function isOrdinary(output: string): boolean {
  const line = output.replace(PAST, "");
  return shownIn(output) !== null || ORDINARY.some((one) => one.test(line));
}

/** Reads a line of output; `null` if it shows no message. */
export function shownIn(output: string): ShownMessage | null {
  const line = output.replace(PAST, "").replace(OFFLINE, "");
  // A notice is no message, whatever it ends with.
  const said = line.startsWith("[") ? saidIn(line) : null;
  return said === null ? null : { said, line };
}
