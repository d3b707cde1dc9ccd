/**
 * What the user is told about keys of others: the right column of the table in FTC1 §7.8.
 *
 * One sentence says what has happened, the next what to do.
 *
 * @module
 */

/** One line for the user; names in it are as they came, each face escapes them. */
export interface PinNotice {
  /** What has happened and what to do; no `WARNING: ` before it, the level says that. */
  readonly text: string;
  /** How bad it is. */
  readonly level: "notice" | "warning" | "error";
}

/** What can be told of a peer's keys. */
export type KeyNews = "confirmed" | "unconfirmed" | "older" | "invalid" | "withheld";

/**
 * Says what has happened to the keys of a peer.
 *
 * @param name The peer.
 * @param options What; whether the user had verified the peer.
 */
export function newsOf(
  name: string,
  { news, isVerified }: { readonly news: KeyNews; readonly isVerified: boolean },
): PinNotice {
  const stops = `Nothing is sent to ${name} or to groups with ${name}.`;
  if (news === "invalid") return { level: "error", text: `${noKey(name)} ${stops}` };
  if (news === "withheld") {
    const text = `The server does not give the key under which a conversation lists ${name}. ` +
      "Nothing is sent there.";
    return { level: "error", text };
  }
  if (news === "older") return { level: "error", text: `${oldKey(name)} ${stops} ${next(name)}` };
  const key = news === "confirmed"
    ? "a new key, confirmed by the old one"
    : "a new key that the old one does not confirm";
  if (isVerified) {
    const text = `${name}, whom you have verified, has ${key}. ${stops} ${next(name)}`;
    return { level: "warning", text };
  }
  if (news === "confirmed") return { level: "notice", text: `${name} has ${key}.` };
  const text = `${name} has ${key}: the account was made anew, or somebody is in between. ` +
    `Compare with @verify ${name}.`;
  return { level: "warning", text };
}

/**
 * Says why nothing is sent to a peer.
 *
 * @param name The peer.
 * @param reason Why.
 */
export function obstacleOf(name: string, reason: "changed" | "older" | "invalid"): string {
  if (reason === "invalid") return noKey(name);
  if (reason === "older") return `${oldKey(name)} ${next(name)}`;
  return `${name}, whom you have verified, has a new key. ${next(name)}`;
}

function noKey(name: string): string {
  return `The server shows no valid key of ${name}.`;
}

function oldKey(name: string): string {
  return `The server shows an old key of ${name}.`;
}

function next(name: string): string {
  return `Compare with @verify ${name}, or accept with @trust ${name}.`;
}

/**
 * Shows a safety number.
 *
 * @param number Twelve groups, separated by blanks.
 * @param options The peer, the user's own name, and whether the peer is verified under this number.
 * @returns Lines.
 */
export function numberLines(
  number: string,
  { name, me, isVerified }: {
    readonly name: string;
    readonly me: string;
    readonly isVerified: boolean;
  },
): string[] {
  const groups = number.split(" ");
  const rows = [0, 4, 8].map((at) => `  ${groups.slice(at, at + 4).join(" ")}`);
  return [
    `Safety number of ${me} and ${name}${isVerified ? ", compared before" : ""}:`,
    ...rows,
    `Compare it by voice or in person: ${name} sees it with @verify ${me}.`,
    `If it is the same: @verify ${name} ok`,
  ];
}
