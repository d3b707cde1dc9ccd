/**
 * What each command of a program does: lines of JSON in, what the session wants done out.
 *
 * @module
 */

import type { Action } from "./action.ts";
import { showHistory } from "./history.ts";
import { type JsonCommand, type JsonCommandOf, readJsonLine } from "./json_command.ts";
import { type Request, show } from "./request.ts";
import type { Output, Session } from "./session.ts";

/** What doing a line needs. */
export interface JsonRequestOptions {
  /** Who does it. */
  readonly session: Session;
  /** Makes ids for what has none. */
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Does a line.
 *
 * @param line Without its line feed.
 * @param options Who does it.
 * @returns What the session wants done; a line that makes no sense is answered with an error.
 */
export function jsonOutputs(line: string, options: JsonRequestOptions): Output[] {
  const { session, newId } = options;
  const read = readJsonLine(line);
  if ("blank" in read) return [];
  if ("command" in read) return perform(read.command, options);
  const { re, code, text, isMessage } = read.fault;
  const refused = { type: "refused", text, code } as const;
  // Only a message counts as not stored; for its error it waits for its turn.
  if (!isMessage) return [{ type: "show", shown: refused, re }];
  return session.request(refuse(refused), re ?? newId());
}

function* refuse(shown: Parameters<typeof show>[0]): Request {
  yield* show(shown);
  return "refused";
}

function perform(command: JsonCommand, options: JsonRequestOptions): Output[] {
  const { session, newId, now } = options;
  if (command.t === "quit") return session.type("@quit");
  if (command.t === "send") {
    const { id = newId(), to, kind, body } = command;
    return session.post({ id, to, ...(kind === undefined ? {} : { kind }), body, at: now() });
  }
  const re = command.id ?? newId();
  return command.t === "history"
    ? session.request(history(command), re)
    : session.perform(actionOf(command), re);
}

function* history({ of, after, upto, limit }: JsonCommandOf<"history">): Request {
  yield* showHistory(limit, { of, after, upto, kinds: "all", empty: "hide" });
  return "done";
}

type Done = Extract<
  Action,
  {
    readonly type:
      | "names"
      | "group_list"
      | "group_info"
      | "group_set"
      | "group_add"
      | "group_remove"
      | "group_leave"
      | "group_delete"
      | "verify"
      | "trust";
  }
>;

function actionOf(
  command: Exclude<JsonCommand, { readonly t: "send" | "quit" | "history" }>,
): Done {
  switch (command.t) {
    case "names":
      return { type: "names" };
    case "groups":
      return { type: "group_list" };
    case "group_info":
    case "group_leave":
    case "group_delete":
      return { type: command.t, group: command.group };
    case "group_set":
    case "group_add":
    case "group_remove":
      return { type: command.t, group: command.group, members: command.members };
    case "verify":
      return { type: "verify", name: command.name, compared: command.compared };
    case "trust":
      return { type: "trust", name: command.name ?? null };
  }
}
