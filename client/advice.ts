/**
 * What to type instead: a sentence behind an error, for people.
 *
 * The errors themselves are PRODUCT §3's, to the letter, and the lines of a pipe get no more than
 * those: scripts compare them. Where an error says itself what to do, nothing is added.
 *
 * @module
 */

import type { Shown } from "./shown.ts";

/** How an error begins, or reads as a whole, and what follows it. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^User [^]+ does not exist\.$/, "@names says who is here."],
  [/^No group [^]+ that you are in\.$/, "@group list says which those are."],
  [/^Only the owner of [^]+ can do that\.$/, "@group info and its name say who that is."],
  [/^Unknown users: [^]+ Nothing (created|changed)\.$/, "Type it again without them."],
  [/^The name [^]+ is taken\.$/, "Type it again with another one."],
  [
    /^Unknown command @[^]+\.$/,
    "@help says what there is; @@ begins a text with @.",
  ],
  [/^Message too long /, "Send it in parts."],
  [/^Message contains control characters\.$/, "Type it again without them."],
  [/^Message has nothing to show\.$/, "Type something that can be seen."],
  [/^A group needs at least one other member\.$/, "Example: @group set team alice,carol"],
  [/^A group has at most /, "Type it again with fewer."],
  [/^You are the last one in [^]+: close it instead\.$/, "That is @group delete and its name."],
  [/^Not done: too many lines wait for the server\.$/, "Type it again in a moment."],
  [/^The request is not well-formed\.$/, "Your client is too old, or too new: update it."],
  [/^The record of keys is not right\.$/, "Try again; if it stays so, update the client."],
  [/^This server does not know that\.$/, "It is older than your client: tell the operator."],
  [/^The server's answer makes no sense\.$/, "Try again; if it stays so, tell the operator."],
  [/^You have changed your keys today as often as one account may\.$/, "Try again tomorrow."],
];

/**
 * Finds what to do about an error.
 *
 * @param text The sentence behind `ERROR: `; it may come from a server, and nothing of it is in the
 *   answer.
 * @returns A sentence, or `null` where there is nothing to add.
 */
export function advice(text: string): string | null {
  return ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/**
 * Adds to an error what to do about it.
 *
 * @param shown What is to be shown to a person.
 */
export function withAdvice(shown: Shown): Shown {
  if (shown.type !== "refused") return shown;
  const more = advice(shown.text);
  return more === null ? shown : { ...shown, text: `${shown.text} ${more}` };
}
