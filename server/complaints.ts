/**
 * Complaints about wraps, and new wraps (FTC1 §7.5): a member whose wrap does not fit says so, and any
 * member's client may wrap anew.
 *
 * Whether a wrap fits, the server cannot know.
 *
 * @module
 */

import { WRAP_OCTETS } from "../cipher/wrap.ts";
import type { CommandOf } from "../protocol/command.ts";
import { canonicalName } from "../protocol/name.ts";
import { type Chain, complaintName, withComplaint, withoutComplaint } from "./chain.ts";
import { decodeOctets } from "./credentials.ts";
import type { Decision, OrderOf } from "./decision.ts";
import type { HubParts } from "./hub.ts";
import { refuse } from "./refusal.ts";
import { keyOf } from "./tables.ts";

/**
 * Decides about a complaint; one that is open already is there.
 *
 * @param parts The state that decisions are made on.
 * @param request Who complains about which epoch.
 */
export function decideComplaint(
  parts: HubParts,
  request: { readonly user: string; readonly command: CommandOf<"complain"> },
): Decision {
  const { user, command: { conversation, epoch } } = request;
  const chain = presentChain(parts, { user, conversation });
  const listed = chain?.head.members.get(user);
  if (chain === null || listed === undefined) return { refused: refuse.malformed() };
  if (epoch < listed.since || epoch > chain.head.epoch) return { refused: refuse.malformed() };
  const complaint = { epoch, user };
  if (chain.complaints.has(complaintName(complaint))) return { entries: [] };
  const own = chain.complaints.values().filter((one) => one.user === user).toArray().length;
  if (own >= parts.policy.complaintsPerMember) return { refused: refuse.tooManyComplaints() };
  return {
    entries: [],
    chain: {
      conversation,
      chain: withComplaint(chain, complaint),
      sets: [[keyOf.complaint(conversation, epoch, user), { head: chain.head.epoch }]],
      deletes: [],
    },
    tells: {
      event: { t: "complaint", conversation, epoch, user },
      users: presentMembers(parts, chain, conversation).filter((name) => name !== user),
    },
  };
}

/**
 * Decides about a new wrap: it is taken while the complaint is open.
 *
 * @param parts The state that decisions are made on.
 * @param request Who sends which wrap; the hash of the record of its epoch.
 */
export function decideRewrap(
  parts: HubParts,
  request: { readonly user: string; readonly order: OrderOf<"rewrap"> },
): Decision {
  const { user, order: { command, hash } } = request;
  const { conversation, epoch, wrap } = command;
  const receiver = canonicalName(command.user) ?? "";
  const chain = presentChain(parts, { user, conversation });
  const complaint = chain?.complaints.get(complaintName({ epoch, user: receiver }));
  if (chain === null || complaint === undefined) return { refused: refuse.malformed() };
  if (decodeOctets(wrap, WRAP_OCTETS) === null) return { refused: refuse.malformed() };
  return {
    entries: [],
    chain: {
      conversation,
      chain: withoutComplaint(chain, complaint),
      sets: [[keyOf.wrap(hash, receiver), { wrap }]],
      deletes: [keyOf.complaint(conversation, epoch, receiver)],
    },
    tells: { event: { t: "rewrapped", conversation, epoch }, users: [receiver] },
  };
}

/** The chain of a conversation in which somebody is present; `null` where he is not. */
function presentChain(
  parts: HubParts,
  { user, conversation }: { readonly user: string; readonly conversation: string },
): Chain | null {
  const chain = parts.chains.get(conversation);
  if (chain === null) return null;
  return presentMembers(parts, chain, conversation).includes(user) ? chain : null;
}

function presentMembers(
  { conversations, directory }: HubParts,
  { head }: Chain,
  conversation: string,
): string[] {
  const members = conversations.groupById(conversation)?.members ?? head.members;
  return [...members.keys()].filter((name) => directory.hasUser(name));
}
