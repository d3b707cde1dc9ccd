/**
 * Where a session begins: behind what the account has been shown, or where a program says.
 *
 * Source: PRODUCT §2; docs/JSON.md, "Where it begins".
 *
 * @module
 */

import { ClientError } from "./client_error.ts";
import type { Opened } from "./first_connection.ts";
import type { ClientOptions } from "./options.ts";
import type { SessionOptions } from "./session.ts";

/**
 * Finds where a session begins.
 *
 * @param opened The first login.
 * @param options What the user chose.
 * @throws {ClientError} If that entry is not there yet: the server is another one, or an older copy.
 */
export function beginning(
  { welcome, isNew }: Pick<Opened, "isNew"> & {
    readonly welcome: Pick<Opened["welcome"], "cursor" | "last">;
  },
  { json, since }: Pick<ClientOptions, "json" | "since">,
): Pick<SessionOptions, "welcome" | "isNew"> {
  const { last } = welcome;
  // A program gets no history that it has not asked for, not even at its first login.
  const start = { welcome, isNew: isNew && !json };
  if (since === undefined) return start;
  if (since === "now") return { ...start, welcome: { cursor: last, last } };
  if (since > last) {
    throw new ClientError(
      `Cannot go on after entry ${since}: the newest entry of this server is ${last}. It has ` +
        "another database, or an older copy of it; leave out --since once.",
    );
  }
  return { ...start, welcome: { cursor: since, last } };
}
