/**
 * The three lines that tell whoever has just made an account what to do.
 *
 * @module
 */

/**
 * Says how to write to all, how to write to one, and how to find the rest.
 *
 * @param user The name of the account, who is no example of somebody else.
 * @returns Three lines of at most 79 columns.
 */
export function firstSteps(user: string): readonly [string, string, string] {
  const name = user === "bob" ? "alice" : "bob";
  return [
    "Type a text and press Enter: everybody in the lobby reads it.",
    `@${name} hello goes to ${name} alone; @${name} stays with ${name} until @lobby.`,
    "@names says who is here, @help what else there is; @quit leaves.",
  ];
}
