/**
 * `@ignore`: whose messages are not shown, and do not count.
 *
 * They are not lost: once somebody is heeded again, `@history` shows them. Ignoring is kept on this device,
 * for each server.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { ask, refusalOf, type Request, show } from "./request.ts";
import type { SessionSettings } from "./settings.ts";
import type { Conversation } from "./shown.ts";
import { explainUnknown } from "./suggest.ts";

/** People that may be ignored on one server. */
export const MOST_IGNORED = 1_000;

/** Who ignores. */
export interface IgnoreOptions {
  /** Where it is kept. */
  readonly settings: SessionSettings;
  /** The canonical name of the user. */
  readonly user: string;
  /** Called where all of a conversation counts as read. */
  readonly read: (conversation: Conversation) => void;
}

/**
 * Ignores somebody, or heeds him again.
 *
 * @param name The canonical name; `null` to see who is ignored.
 * @param options Who ignores.
 */
export function* ignore(name: string | null, options: IgnoreOptions): Request {
  const { settings, user } = options;
  if (name === null) yield* show({ type: "done", text: listText(settings.ignored) });
  else if (settings.ignored.has(name)) {
    settings.heed(name);
    yield* show({ type: "done", text: `Messages of ${name} are shown again.` });
  } else if (name === user) {
    yield* show({ type: "refused", text: "You cannot ignore yourself." });
  } else if (settings.ignored.size >= MOST_IGNORED) {
    const text = "You ignore 1,000 people already. Show one again first: @ignore NAME";
    yield* show({ type: "refused", text });
  } else yield* begin(name, options);
  return "done";
}

/** A mistyped name would hide nobody, and nobody would know. */
function* begin(name: string, { settings, read }: IgnoreOptions): Request {
  const answer = yield* ask({ t: "lookup", name });
  if (answer.t === "found" && answer.kind === "user") {
    settings.ignore(name);
    read({ kind: "user", name });
    const text = `Messages of ${name} are not shown any more. To see them again: @ignore ${name}`;
    yield* show({ type: "done", text });
  } else if (answer.t === "found") {
    const text = `${name} is a group. To have no more of it: @group leave ${name}`;
    yield* show({ type: "refused", text });
  } else {
    const isUnknown = answer.t === "error" && answer.code === "no_user";
    const text = isUnknown ? explainUnknown(name, answer, "text").text : refusalOf(answer);
    yield* show({ type: "refused", text });
  }
  return "done";
}

function listText(ignored: ReadonlySet<string>): string {
  if (ignored.size === 0) return "You ignore nobody.";
  return `You ignore: ${[...ignored].sort().join(", ")}`;
}
