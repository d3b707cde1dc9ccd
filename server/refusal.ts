/**
 * What the server says when it does not do what was asked: a code for programs, a sentence for people.
 *
 * Source: PRODUCT §3 (the sentences, to the letter); docs/PROTOCOL.md (the codes).
 *
 * @module
 */

import { MAX_GROUP_MEMBERS, MAX_TEXT_CODE_POINTS } from "../protocol/limits.ts";
import type { TextFault } from "../protocol/text.ts";

/** A refusal: the session goes on. */
export interface Refusal {
  /** For programs. */
  readonly code: string;
  /** For people, a sentence. */
  readonly msg: string;
  /** With `no_user`: the closest name that exists. */
  readonly closest?: string;
  /** Seconds to wait. */
  readonly after?: number;
}

/** Characters of what was typed for a name that are said again: an answer must fit into a frame. */
const MOST_SHOWN = 64;

/** All refusals of the application, made from what they are about. */
export const refuse = {
  noUser: (name: string, closest: string | null): Refusal =>
    closest === null
      ? { code: "no_user", msg: `User ${shown(name)} does not exist.` }
      : { code: "no_user", msg: `User ${name} does not exist. Did you mean ${closest}?`, closest },
  noGroup: (group: string): Refusal => ({
    code: "no_group",
    msg: `No group ${shown(group)} that you are in.`,
  }),
  notOwner: (group: string): Refusal => ({
    code: "not_owner",
    msg: `Only the owner of ${group} can do that.`,
  }),
  unknownUsers: (names: readonly string[], what: "created" | "changed"): Refusal => ({
    code: "unknown_users",
    msg: `Unknown users: ${names.map(shown).join(", ")}. Nothing ${what}.`,
  }),
  nameTaken: (name: string): Refusal => ({
    code: "name_taken",
    msg: `The name ${name} is taken.`,
  }),
  badName: (name: string): Refusal => ({
    code: "bad_name",
    msg:
      `${
        shown(name)
      } cannot be a name: 1 to 32 letters, digits, . _ - (first and last a letter or ` +
      `digit), and no command word.`,
  }),
  tooFewMembers: (): Refusal => ({
    code: "bad_request",
    msg: "A group needs at least one other member.",
  }),
  tooManyMembers: (): Refusal => ({
    code: "bad_request",
    msg: `A group has at most ${MAX_GROUP_MEMBERS.toLocaleString("en")} other members.`,
  }),
  lastMember: (group: string): Refusal => ({
    code: "bad_request",
    msg: `You are the last one in ${group}: close it instead.`,
  }),
  staleEpoch: (): Refusal => ({
    code: "stale_epoch",
    msg: "The keys of this conversation have changed. Try again.",
  }),
  notSealed: (): Refusal => ({
    code: "bad_request",
    msg: "This server takes only sealed messages here: your client is too old. Update it.",
  }),
  badRecord: (): Refusal => ({
    code: "bad_request",
    msg: "The record of keys is not right.",
  }),
  tooManyUploads: (): Refusal => ({
    code: "bad_request",
    msg: "There are too many changes of keys under way. Try again in a moment.",
  }),
  tooManyComplaints: (): Refusal => ({
    code: "bad_request",
    msg: "You have complained about too many keys of this conversation. Try again later.",
  }),
  rotatedLately: (after: number): Refusal => ({
    code: "rate",
    msg: "The keys of this conversation were changed not long ago.",
    after,
  }),
  tooManyEpochs: (after: number): Refusal => ({
    code: "rate",
    msg: "You have changed this conversation very often. Wait a moment.",
    after,
  }),
  complainedLately: (after: number): Refusal => ({
    code: "rate",
    msg: "You have complained about the keys of this conversation very often.",
    after,
  }),
  rekeyedLately: (after: number): Refusal => ({
    code: "rate",
    msg: "You have changed your keys today as often as one account may.",
    after,
  }),
  conflict: (): Refusal => ({
    code: "conflict",
    msg: "Another session has changed that at the same time. Try again.",
  }),
  tooMuchState: (): Refusal => ({
    code: "bad_request",
    msg: "The state of your account has as many entries as it may have. Tell the operator.",
  }),
  text: (fault: TextFault): Refusal => ({ code: "bad_request", msg: sentence(fault) }),
  malformed: (): Refusal => ({ code: "bad_request", msg: "The request is not well-formed." }),
  unknownType: (): Refusal => ({ code: "unknown_type", msg: "This server does not know that." }),
  rate: (after: number): Refusal => ({
    code: "rate",
    msg: "Too many requests at once. Wait a moment.",
    after,
  }),
  quota: (after: number): Refusal => ({
    code: "quota",
    msg: "You have stored as much today as one account may. Try again tomorrow.",
    after,
  }),
  tooManyGuesses: (after: number): Refusal => ({
    code: "try_later",
    msg: `Too many tries. Try again in ${after} s.`,
    after,
  }),
  diskFull: (): Refusal => ({
    code: "storage",
    msg: "The disk of the server is full. Nothing was sent; tell the operator.",
  }),
  passwd: (code: "bad_login" | "bad_request"): Refusal => ({
    code,
    msg: code === "bad_login" ? "Incorrect password." : "The request is not well-formed.",
  }),
  blocked: (): Refusal => ({
    code: "blocked",
    msg: "The operator of this server has blocked your account.",
  }),
  deleted: (): Refusal => ({
    code: "deleted",
    msg: "The operator of this server has deleted or reset your account.",
  }),
  damagedAccount: (user: string): Refusal => ({
    code: "storage",
    msg: `The account ${user} is damaged on the disk of the server; tell the operator.`,
  }),
  stopping: (): Refusal => ({
    code: "storage",
    msg: "The server is stopping. Nothing was sent; try again when it is back.",
  }),
  storage: (): Refusal => ({
    code: "storage",
    msg: "The server could not store or read that. Nothing was sent; try again later.",
  }),
} as const;

function shown(name: string): string {
  return name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN).toWellFormed()}…` : name;
}

function sentence(fault: TextFault): string {
  if (fault.reason === "too-long") {
    const [length, most] = [fault.length, MAX_TEXT_CODE_POINTS].map((n) => n.toLocaleString("en"));
    return `Message too long (${length} of ${most} characters).`;
  }
  if (fault.reason === "control") return "Message contains control characters.";
  return "Message has nothing to show.";
}
