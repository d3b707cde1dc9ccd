/**
 * Decides about a message: to the lobby in the clear, to anybody else sealed (FTC1 §7.6).
 *
 * A sealed message costs look-ups in memory and no cryptography; its body is handed on as it stands.
 *
 * @module
 */

import { isMessageToken } from "../cipher/message.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { MessageEntry } from "../protocol/event.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import { textFault } from "../protocol/text.ts";
import type { Decision, Moment } from "./decision.ts";
import type { HubParts } from "./hub.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Who sends what, and when. */
export interface Sending {
  /** The sender. */
  readonly user: string;
  /** As sent. */
  readonly command: CommandOf<"send">;
  /** Now. */
  readonly moment: Moment;
}

/** A message with what only a sealed one has. */
interface Sealed extends Sending {
  readonly conversation: string;
  readonly epoch: number;
  readonly to: string | null;
}

/**
 * Decides.
 *
 * @param parts The state that decisions are made on.
 * @param sending The message.
 */
export function decideSend(parts: HubParts, sending: Sending): Decision {
  const { command, user } = sending;
  if (command.to.toLowerCase() === LOBBY && command.kind !== "group") return toLobby(sending);
  const to = canonicalName(command.to);
  const group = to === null ? null : parts.conversations.groupOf(to, user);
  // Who is written to comes before what is written: a wrong name is the more common mistake.
  const nobody = group !== null ? null : noReceiver(parts, sending, to);
  if (nobody !== null) return { refused: nobody };
  const { conversation, epoch, body } = command;
  if (conversation === undefined || epoch === undefined || !isMessageToken(body)) {
    return { refused: refuse.notSealed() };
  }
  const sealed: Sealed = { ...sending, conversation, epoch, to };
  if (group === null) return toUser(parts, sealed);
  if (group.id !== conversation) return { refused: refuse.noGroup(group.name) };
  return stale(parts, sealed) ??
    { entries: [sealedEntry(sealed, { kind: "group", to: group.name })] };
}

function toLobby(sending: Sending): Decision {
  const { command: { body }, user, moment } = sending;
  const fault = textFault(body);
  if (fault !== null) return { refused: refuse.text(fault) };
  const fields = { kind: "lobby", conversation: LOBBY, from: user, to: LOBBY, body } as const;
  return { entries: [{ t: "message", id: moment.nextId(), at: moment.now, ...fields }] };
}

function toUser(parts: HubParts, sealed: Sealed): Decision {
  const { conversations, presence, chains } = parts;
  const { user, conversation } = sealed;
  const to = sealed.to ?? user;
  const members = chains.get(conversation)?.head;
  const isTheirs = members === undefined ||
    (members.kind === "direct" && members.members.has(user) && members.members.has(to) &&
      members.members.size === (to === user ? 1 : 2));
  if (!isTheirs) return { refused: refuse.malformed() };
  const refused = stale(parts, sealed);
  if (refused !== null) return refused;
  const entry = sealedEntry(sealed, { kind: "direct", to });
  const users = to === user ? [user] : [user, to];
  return {
    entries: [presence.isOnline(to) ? entry : { ...entry, offline: true }],
    ...(conversations.isOpen(conversation, users) ? {} : { opens: { conversation, users } }),
  };
}

/** What is wrong with a receiver that is no group of the sender. */
function noReceiver(
  parts: HubParts,
  { command, user }: Sending,
  to: string | null,
): Refusal | null {
  if (command.kind === "group") return refuse.noGroup(to ?? command.to);
  return to === null || !parts.directory.hasUser(to) ? unknownName(parts, command.to, user) : null;
}

/**
 * Says what is wrong with a name that is neither a user's nor one of one's own groups'.
 *
 * @param parts Names and groups.
 * @param typed The name as it came.
 * @param user Who asks.
 */
export function unknownName(
  { conversations, directory }: Pick<HubParts, "conversations" | "directory">,
  typed: string,
  user: string,
): Refusal {
  const name = canonicalName(typed);
  if (name === null) return refuse.noUser(typed, null);
  // A former member knows of the group: he hears that he is not in it.
  if (conversations.wasIn(name, user)) return refuse.noGroup(name);
  const groups = conversations.groupsOf(user).map((group) => group.name);
  return refuse.noUser(name, directory.closest(name, groups));
}

/** The message was sealed for keys that are not, or not to be, the newest. */
function stale(
  { chains }: HubParts,
  { conversation, epoch }: Sealed,
): { readonly refused: Refusal } | null {
  if (chains.isDamaged(conversation)) return { refused: refuse.storage() };
  const chain = chains.get(conversation);
  const isRight = chain !== null && chain.head.epoch === epoch && chain.notes.size === 0 &&
    chains.isCurrent(chain);
  return isRight ? null : { refused: refuse.staleEpoch() };
}

function sealedEntry(
  { user, command: { body }, moment, conversation, epoch }: Sealed,
  fields: Pick<MessageEntry, "kind" | "to">,
): MessageEntry {
  const { kind, to } = fields;
  const [id, at] = [moment.nextId(), moment.now];
  return { t: "message", id, at, conversation, kind, from: user, to, body, epoch };
}
