/**
 * Questions that change nothing: who is here, what is this name, what was said, which groups.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { directId } from "../cipher/conversation.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import type { Readable } from "./conversation.ts";
import { readEpochs } from "./epoch_reading.ts";
import { askKeys, askLineage } from "./key_questions.ts";
import { pageOf } from "./paging.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { unknownName } from "./sending.ts";
import type { Service } from "./service.ts";

/** The commands that are questions. */
export type QueryType =
  | "names"
  | "lookup"
  | "history"
  | "groups"
  | "group_info"
  | "keys"
  | "lineage"
  | "epochs"
  | "state";

/** The answer, or why there is none. */
export type Answer = Event | { readonly refused: Refusal };

/** One function for each question: what is asked, and by whom. */
export const QUERIES: {
  readonly [T in QueryType]: (
    service: Service,
    query: { readonly user: string; readonly command: CommandOf<T> },
  ) => Promise<Answer> | Answer;
} = {
  names: (service, { command: { id, after } }) => {
    const { page, more } = pageOf(service.presence.users(), { name: (user) => user, after });
    return { t: "names", re: id, users: [...page], more };
  },

  lookup: (service, { user, command: { id: re, name: typed } }) => {
    const { conversations, directory } = service;
    const name = canonicalName(typed);
    if (name === null) return { refused: unknownName(service, typed, user) };
    const group = conversations.groupOf(name, user);
    if (group !== null) return { t: "found", re, name, kind: "group", conversation: group.id };
    if (directory.hasUser(name)) return { t: "found", re, name, kind: "user" };
    return { refused: unknownName(service, typed, user) };
  },

  history: async (service, { user, command }) => {
    const { id: re, of, kinds } = command;
    const readable = of === undefined
      ? service.conversations.allReadable(user)
      : await readableUnder(of, { service, user });
    if ("refused" in readable) return readable;
    const { entries, more } = await service.history.page(readable, command);
    const page: Event = { t: "history", re, entries: [...entries], more };
    if (kinds === "messages") return page;
    return { ...page, total: await service.history.count(readable, command) };
  },

  groups: ({ conversations }, { user, command: { id, after } }) => {
    const groups = conversations.groupsOf(user)
      .map(({ name, owner, members, since }) => ({ name, owner, members: members.size, since }));
    const { page, more } = pageOf(groups, { name: (group) => group.name, after });
    return { t: "groups", re: id, groups: [...page], more };
  },

  group_info: ({ conversations }, { user, command: { id, group: typed, after } }) => {
    const name = canonicalName(typed);
    const group = name === null ? null : conversations.groupOf(name, user);
    if (group === null) return { refused: refuse.noGroup(name ?? typed) };
    const members = [...group.members]
      .map(([name, { at }]) => ({ name, since: at }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const { page, more } = pageOf(members, { name: (member) => member.name, after });
    const { owner, since } = group;
    return { t: "group_info", re: id, group: group.name, owner, since, members: [...page], more };
  },

  keys: askKeys,
  lineage: askLineage,
  epochs: readEpochs,

  state: ({ clientState, directory }, { user, command }) => {
    const [line] = directory.lineOf(user);
    if (line === undefined) return { refused: refuse.deleted() };
    return clientState.page({ user, line }, command);
  },
};

/** What a user may read of the conversation that he calls by a name. */
async function readableUnder(
  typed: string,
  asker: { readonly service: Service; readonly user: string },
): Promise<Readable[] | { readonly refused: Refusal }> {
  const { conversations, directory, options } = asker.service;
  const readable = (id: string) => {
    const found = conversations.readable(id, asker.user);
    return found === null ? [] : [found];
  };
  if (typed.toLowerCase() === LOBBY) return readable(LOBBY);
  const name = canonicalName(typed);
  // A living group and a user never share a name; one that is gone gives way to the user.
  if (name !== null && directory.hasUser(name)) {
    return readable(encodeBase64Url(await directId(options.realm, asker.user, name)));
  }
  const group = name === null ? null : conversations.readableGroup(name, asker.user);
  if (group !== null) return [group];
  // Who wrote with somebody whose account is gone still has what was said.
  const former = name === null
    ? []
    : readable(encodeBase64Url(await directId(options.realm, asker.user, name)));
  if (former.length > 0) return former;
  return { refused: unknownName(asker.service, typed, asker.user) };
}
