/**
 * What each action does: the requests behind the lines that a user types.
 *
 * @module
 */

import type { EventOf } from "../protocol/event.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import type { Action, ActionOf } from "./action.ts";
import { showHistory } from "./history.ts";
import { ignore } from "./ignore.ts";
import type { OpenedEntry } from "./opened.ts";
import {
  type Ask,
  ask,
  fetch,
  MAX_PAGES,
  refusalOf,
  type Request,
  show,
  type Steps,
} from "./request.ts";
import { Search } from "./search.ts";
import type { SessionSettings } from "./settings.ts";
import { set } from "./settings_command.ts";
import type { Conversation } from "./shown.ts";
import { explainUnknown } from "./suggest.ts";

/** Messages that `@history more` shows where nothing was listed before. */
const USUAL_COUNT = 20;

/** What `@history` has shown last. */
export interface Listing {
  /** The conversation; all without it. */
  readonly of?: string | undefined;
  /** How many were asked for. */
  readonly count: number;
  /** The least id that was shown. */
  readonly oldest: number;
}

/** What a request may look at and change. */
export interface Desk {
  /** Makes a conversation the current one. */
  choose(conversation: Conversation): void;
  /** What `@history` has shown last, or `null`. */
  listing: Listing | null;
  /** The least id of an entry that was shown without having been asked for. */
  oldest(): number;
  /** The canonical name of the user. */
  readonly user: string;
  /** What the user has set. */
  readonly settings: SessionSettings;
  /** Whether an entry is not to be shown; `undefined` while all are. */
  hides(): ((entry: OpenedEntry) => boolean) | undefined;
  /** Called where all of a conversation counts as read, without being chosen. */
  readonly read: (conversation: Conversation) => void;
  /** Called where a change of conversation failed: what was typed for it must not go elsewhere. */
  notChosen(name: string): void;
}

/** An action that is a request; the others are the session's business. */
export type Requestable = Exclude<
  Action,
  { readonly type: "nothing" | "quit" | "send" | "password" | "rekey" | "next" }
>;

type Handlers = {
  readonly [T in Requestable["type"]]: (
    action: ActionOf<T>,
    desk: Desk,
  ) => Request;
};

/** The requests, by type of action. */
export const REQUESTS: Handlers = {
  choose,
  names: listNames,
  group_list: listGroups,
  history: ({ count, of }, desk) => list({ count, of, oldest: Infinity }, desk),
  history_more: (_action, desk) => listOlder(desk),
  search: ({ words }, desk) => new Search({ words, hides: desk.hides() ?? (() => false) }).run(),
  ignore: ({ name }, desk) => ignore(name, desk),
  set: (action, { settings }) => set(action, settings),
  help: function* ({ commands }) {
    yield* show({ type: "help", commands });
    return "done";
  },
  group_set: ({ group, members }) => change({ t: "group_set", group, members: [...members] }),
  group_add: ({ group, members }) => change({ t: "group_add", group, members: [...members] }),
  group_remove: ({ group, members }) => change({ t: "group_remove", group, members: [...members] }),
  group_leave: ({ group }) => change({ t: "group_leave", group }),
  group_delete: ({ group }) => change({ t: "group_delete", group }),
  group_info: ({ group }) => describeGroup(group),
  verify: ({ name, compared }) => change({ t: "verify", name, compared }),
  trust: ({ name }) => change({ t: "trust", name }),
  usage: function* ({ usage }) {
    yield* show({ type: "usage", usage });
    return "done";
  },
  refused: function* ({ text, message, typed }) {
    yield* show({ type: "refused", text, typed });
    return message ? "refused" : "done";
  },
};

/**
 * Makes the request of an action.
 *
 * @param action What the user wants.
 * @param desk What it may look at and change.
 */
export function requestOf(
  action: Requestable,
  desk: Desk,
): Request {
  const handler = REQUESTS[action.type] as (action: Action, desk: Desk) => Request;
  return handler(action, desk);
}

function* list({ count, of, oldest }: Listing, desk: Desk): Request {
  const hides = desk.hides();
  const range = oldest === Infinity ? {} : { upto: oldest - 1, isOlder: true } as const;
  const hiding = hides === undefined ? {} : { hides };
  const entries = yield* showHistory(count, { of, empty: "show", ...range, ...hiding });
  const first = entries?.[0]?.id ?? oldest;
  if (entries !== null) desk.listing = { count, of, oldest: first };
  return "done";
}

function* listOlder(desk: Desk): Request {
  return yield* list(desk.listing ?? { count: USUAL_COUNT, oldest: desk.oldest() }, desk);
}

function* choose({ name, conversation: known }: ActionOf<"choose">, desk: Desk): Request {
  const conversation = known ??
    (name === LOBBY ? { kind: "lobby" } as const : yield* find(name, desk));
  if (conversation === null) return "done";
  desk.choose(conversation);
  yield* show({ type: "chosen", conversation });
  return "done";
}

function* find(name: string, desk: Desk): Steps<Conversation | null> {
  const answer = yield* ask({ t: "lookup", name });
  // The server's word for the name is used no further: it could be anything.
  if (answer.t === "found" && canonicalName(answer.name) === name) {
    return { kind: answer.kind, name };
  }
  const isUnknown = answer.t === "error" && answer.code === "no_user";
  const meant = isUnknown ? explainUnknown(name, answer, "alone") : null;
  yield* show({ type: "refused", text: meant?.text ?? refusalOf(answer) });
  // A mistyped command changes nothing; anything else may have been meant as somebody's name.
  if (meant?.as !== "command") desk.notChosen(name);
  return null;
}

function* listNames(): Request {
  const users = yield* pages((after) => ({ t: "names", ...after }), "names", ({ users }) => users);
  if (users !== null) yield* show({ type: "names", users: [...new Set(users)].sort() });
  return "done";
}

function* listGroups(): Request {
  const groups = yield* pages(
    (after) => ({ t: "groups", ...after }),
    "groups",
    (page) => page.groups.map(({ name }) => name),
  );
  if (groups !== null) yield* show({ type: "groups", groups });
  return "done";
}

function* describeGroup(group: string): Request {
  let head: { readonly owner: string; readonly since: number } | undefined;
  const members = yield* pages(
    (after) => ({ t: "group_info", group, ...after }),
    "group_info",
    (page) => {
      head ??= page;
      return page.members.map(({ name }) => name);
    },
  );
  if (members === null || head === undefined) return "done";
  const { owner, since } = head;
  yield* show({ type: "group_info", info: { group, owner, since, members } });
  return "done";
}

type ListType = "names" | "groups" | "group_info";

function* pages<T extends ListType>(
  command: (after: { after?: string }) => Ask,
  type: T,
  namesOf: (page: PageOf<T>) => readonly string[],
): Steps<string[] | null> {
  const names: string[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const last = names.at(-1);
    const answer = yield* fetch(command(last === undefined ? {} : { after: last }), type);
    if (answer === null) return null;
    const more = namesOf(answer);
    names.push(...more);
    if (!answer.more || more.length === 0) break;
  }
  return names;
}

type PageOf<T extends ListType> = EventOf<T>;

function* change(command: Ask): Request {
  const answer = yield* fetch(command, "ok");
  for (const text of answer?.text?.split("\n") ?? []) yield* show({ type: "done", text });
  return "done";
}
