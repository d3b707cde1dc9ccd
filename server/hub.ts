/**
 * Decides what becomes of a command: which conversation, which entries, for whom.
 *
 * Synchronous and without I/O, so the order in which it is asked is the order that everybody sees.
 * Deciding changes nothing but the next id: the journal stores the entries first, and then
 * `delivery.ts` makes them part of the state. Nothing may be decided on a state that is decided but not yet stored (`changesState`).
 *
 * Source: PRODUCT §3.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { ChangeEntry, MessageEntry } from "../protocol/event.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import { textFault } from "../protocol/text.ts";
import type { Conversations, Group } from "./conversation.ts";
import type { Accepted, Decision, EndAccount, Moment, Request } from "./decision.ts";
import type { Directory } from "./directory.ts";
import * as rules from "./group_rules.ts";
import type { Policy } from "./policy.ts";
import type { Presence } from "./presence.ts";
import { refuse } from "./refusal.ts";

const DAY_MS = 86_400_000;

/** Groups that an account leaves in one commit: five writings each, of the 1,000 that it may have. */
const GROUPS_IN_STEP = 50;

/** What the hub looks at. */
export interface HubParts {
  /** Names taken. */
  readonly directory: Directory;
  /** Groups and memberships. */
  readonly conversations: Conversations;
  /** Who is online. */
  readonly presence: Presence;
  /** Bounds. */
  readonly policy: Policy;
}

/** The rules of the chat. */
export class Hub {
  readonly #parts: HubParts;

  /**
   * Makes a `Hub`.
   *
   * @param parts The state that decisions are made on.
   */
  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /**
   * Decides.
   *
   * @param request Who asks for what.
   * @param moment Now.
   * @returns What is to be stored and told, or the refusal.
   */
  decide(request: Request, moment: Moment): Decision {
    const { command } = request;
    // What was on its way when the account ended.
    if (!this.#parts.directory.hasUser(request.user)) return { refused: refuse.deleted() };
    switch (command.t) {
      case "end_account":
        return this.#end(request.user, command, moment);
      case "send":
        return this.#send(request, command, moment);
      case "group_set":
        return this.#set(request, command, moment);
      case "group_add":
      case "group_remove":
      case "group_leave":
      case "group_delete":
        return this.#change(request, command, moment);
    }
  }

  /**
   * Says what is wrong with a receiver.
   *
   * @param typed The name as it came.
   * @param user Who asks.
   */
  unknown(typed: string, user: string): { readonly refused: ReturnType<typeof refuse.noUser> } {
    const { conversations, directory } = this.#parts;
    const name = canonicalName(typed);
    if (name === null) return { refused: refuse.noUser(typed, null) };
    // A former member knows of the group: he hears that he is not in it.
    if (conversations.wasIn(name, user)) return { refused: refuse.noGroup(name) };
    const groups = conversations.groupsOf(user).map((group) => group.name);
    return { refused: refuse.noUser(name, directory.closest(name, groups)) };
  }

  /**
   * Whether a name belongs to a group, or did until not long ago.
   *
   * @param name Canonical.
   * @param now Milliseconds since 1970.
   */
  isGroupName(name: string, now: number): boolean {
    const group = this.#parts.conversations.groupNamed(name);
    if (group === null) return false;
    const freeAt = (group.deletedAt ?? Infinity) + this.#parts.policy.groupNameDays * DAY_MS;
    return now < freeAt;
  }

  #send(request: Request, command: CommandOf<"send">, moment: Moment): Decision {
    const { conversations, directory, presence } = this.#parts;
    const { user } = request;
    const fault = textFault(command.body);
    if (fault !== null) return { refused: refuse.text(fault) };
    const message = (fields: Pick<MessageEntry, "kind" | "conversation" | "to">): MessageEntry => ({
      t: "message",
      id: moment.nextId(),
      at: moment.now,
      ...fields,
      from: user,
      body: command.body,
    });
    if (command.to.toLowerCase() === LOBBY && command.kind !== "group") {
      return { entries: [message({ kind: "lobby", conversation: LOBBY, to: LOBBY })] };
    }
    const to = canonicalName(command.to);
    const group = to === null ? null : conversations.groupOf(to, user);
    if (group !== null) {
      return { entries: [message({ kind: "group", conversation: group.id, to: group.name })] };
    }
    if (command.kind === "group") return { refused: refuse.noGroup(to ?? command.to) };
    if (to === null || !directory.hasUser(to)) return this.unknown(command.to, user);
    const { conversation } = request;
    const entry = message({ kind: "direct", conversation, to });
    const users = to === user ? [user] : [user, to];
    return {
      entries: [presence.isOnline(to) ? entry : { ...entry, offline: true }],
      ...(conversations.isOpen(conversation, users) ? {} : { opens: { conversation, users } }),
    };
  }

  #set(request: Request, command: CommandOf<"group_set">, moment: Moment): Decision {
    const { conversations, directory } = this.#parts;
    const { user } = request;
    const name = canonicalName(command.group);
    if (name === null) return { refused: refuse.badName(command.group) };
    const group = conversations.groupOf(name, user);
    const members = this.#members(request, command.members, group === null ? "created" : "changed");
    if (group !== null) {
      // Not the owner: that comes before what is wrong with the list.
      if (group.owner !== user) return { refused: refuse.notOwner(name) };
      if ("refused" in members) return members;
      return this.#accept(group, rules.replace(user, group, members.names), moment);
    }
    const taken = directory.hasUser(name) || this.isGroupName(name, moment.now) ||
      directory.standings.of(name, moment.now) !== null;
    if (taken) return { refused: refuse.nameTaken(name) };
    if ("refused" in members) return members;
    const ruling = rules.create(user, members.names);
    if ("refused" in ruling) return ruling;
    const hold = directory.hold(name);
    if (hold === null) return { refused: refuse.nameTaken(name) };
    return { ...this.#entries({ id: request.conversation, name }, ruling, moment), hold };
  }

  #change(
    request: Request,
    command: CommandOf<"group_add" | "group_remove" | "group_leave" | "group_delete">,
    moment: Moment,
  ): Decision {
    const { user } = request;
    const name = canonicalName(command.group);
    const group = name === null ? null : this.#parts.conversations.groupOf(name, user);
    if (group === null) return { refused: refuse.noGroup(name ?? command.group) };
    switch (command.t) {
      case "group_add": {
        if (group.owner !== user) return { refused: refuse.notOwner(group.name) };
        const members = this.#members(request, command.members, "changed");
        if ("refused" in members) return members;
        return this.#accept(group, rules.add(user, group, members.names), moment);
      }
      case "group_remove":
        return this.#accept(group, rules.remove(user, group, command), moment);
      case "group_leave":
        return this.#accept(group, rules.leave(user, group), moment);
      case "group_delete":
        return this.#accept(group, rules.dissolve(user, group), moment);
    }
  }

  /** The account leaves its groups, some at a time; with the last of them it ends. */
  #end(user: string, { standing }: EndAccount, moment: Moment): Accepted {
    const groups = this.#parts.conversations.groupsOf(user);
    const entries = groups.slice(0, GROUPS_IN_STEP).flatMap((group) => {
      const decision = this.#accept(group, rules.leave(user, group), moment);
      return "refused" in decision ? [] : decision.entries;
    });
    if (groups.length > GROUPS_IN_STEP) return { entries };
    return { entries, ends: { user, id: moment.nextId(), standing } };
  }

  #members(
    request: Request,
    typed: readonly string[],
    what: "created" | "changed",
  ): rules.MemberList {
    const exists = (name: string) => this.#parts.directory.hasUser(name);
    return rules.readMembers(typed, { user: request.user, exists, what });
  }

  #accept(group: Group, ruling: rules.Ruling, moment: Moment): Decision {
    return "refused" in ruling ? ruling : this.#entries(group, ruling, moment);
  }

  #entries(
    group: Pick<Group, "id" | "name">,
    ruling: Exclude<rules.Ruling, { refused: unknown }>,
    moment: Moment,
  ): Accepted {
    const { id: conversation, name } = group;
    const entries = ruling.changes.map((change): ChangeEntry => {
      const fields = { t: "change", id: moment.nextId(), at: moment.now, conversation } as const;
      return { ...fields, group: name, ...change };
    });
    return ruling.text === undefined ? { entries } : { entries, text: ruling.text };
  }
}
