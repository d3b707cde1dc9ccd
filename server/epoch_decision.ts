/**
 * Decides about an epoch: all that depends on what others have done before.
 *
 * Synchronous. Who may change what is in `cipher/epoch_rules.ts`, which clients use as well; here is
 * what only a server knows: who is a present member, which names are free, whose keys are present.
 *
 * Source: FTC1 §7.4; PRODUCT §3.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { Change } from "../cipher/epoch.ts";
import { advance, type BadChange, checkChange } from "../cipher/epoch_rules.ts";
import { type Member, ROLE } from "../cipher/member_list.ts";
import { type Chain, type ListChange, withEpoch } from "./chain.ts";
import type { ChainChange, Decision, Moment } from "./decision.ts";
import { changesOf } from "./epoch_changes.ts";
import type { Proposal } from "./epoch_intake.ts";
import { isGroupName } from "./group_name.ts";
import { listChange, piecesOf } from "./epoch_pieces.ts";
import type { HubParts } from "./hub.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Key } from "./store.ts";
import { type EpochHead, keyOf } from "./tables.ts";

/** Notes and complaints deleted with the epoch that ends them; others are known to be over. */
const MOST_DELETES = 400;

/** Changes that name members anew: they must have their present keys. */
const ADMITTING: ReadonlySet<Change> = new Set(["create", "add", "replace"]);

/** Changes that only the owner may make, but for the removal of leavers. */
const OWNERS: ReadonlySet<Change> = new Set(["add", "remove", "replace", "close"]);

/**
 * Changes that may keep who has left by a note. Nothing is sent under the keys of either; and without
 * `rekey`, nobody could remove him where all others have newer keys than the list says.
 */
const KEEPING: ReadonlySet<Change> = new Set(["close", "rekey"]);

interface Step {
  readonly user: string;
  readonly proposal: Proposal;
  readonly chain: Chain | null;
  readonly change: ListChange;
  readonly moment: Moment;
}

/**
 * Decides.
 *
 * @param parts The state that decisions are made on.
 * @param request Who sends which epoch.
 * @param moment Now.
 */
export function decideEpoch(
  parts: HubParts,
  request: { readonly user: string; readonly proposal: Proposal },
  moment: Moment,
): Decision {
  const { user, proposal } = request;
  const { conversation, members, base } = proposal;
  if (parts.chains.isDamaged(conversation)) return { refused: refuse.storage() };
  const chain = parts.chains.get(conversation);
  const change = listChange(base?.members ?? new Map(), members);
  const step: Step = { user, proposal, chain, change, moment };
  const refused = outsider(parts, step) ?? stale(parts, step) ?? forbidden(parts, step) ??
    unknown(parts, step) ?? hasty(parts, step);
  if (refused !== null) return { refused };
  const hold = proposal.group === null ? null : parts.directory.hold(proposal.group);
  if (proposal.group !== null && hold === null) {
    return { refused: refuse.nameTaken(proposal.group) };
  }
  const entries = changesOf(parts, { user, proposal, chain, change, moment });
  const last = parts.tails.get(conversation)?.seq ?? 0;
  const accepted = { entries, chain: chainChange(step, last + entries.length) };
  return hold === null ? accepted : { ...accepted, hold };
}

/** Who has no say in this conversation, or whose new group cannot have its name. */
function outsider(parts: HubParts, { user, proposal, moment }: Step): Refusal | null {
  const { conversations, directory } = parts;
  const { record, group: name, to, conversation } = proposal;
  if (to !== null) return directory.hasUser(to) ? null : refuse.noUser(to, null);
  if (name !== null) return isTaken(parts, name, moment.now) ? refuse.nameTaken(name) : null;
  const group = conversations.groupById(conversation);
  if (group?.members.has(user) && record.kind === "group") return null;
  const isKnown = conversations.readable(conversation, user) !== null;
  return refuse.noGroup(isKnown && group ? group.name : conversation);
}

function isTaken(parts: HubParts, name: string, now: number): boolean {
  const { directory } = parts;
  return directory.hasUser(name) || isGroupName(parts, name, now) ||
    directory.standings.of(name, now) !== null;
}

/** Whose client has not seen what was done before: another epoch, a leave note, new keys. */
function stale({ directory }: HubParts, { proposal, chain }: Step): Refusal | null {
  const { record, base, members } = proposal;
  if (base !== (chain?.head ?? null)) return refuse.staleEpoch();
  const stays = members.some(({ name }) => chain?.notes.has(name));
  if (stays && !KEEPING.has(record.change)) return refuse.staleEpoch();
  if (record.kind === "group" || (record.change !== "create" && record.change !== "rekey")) {
    return null;
  }
  const isPresent = ({ name, fingerprint }: Member) =>
    (directory.fingerprintOf(name) ?? "") === encodeBase64Url(fingerprint);
  return members.every(isPresent) ? null : refuse.staleEpoch();
}

/** What the rules of the chain do not allow. */
function forbidden(parts: HubParts, { user, proposal, chain, change }: Step): Refusal | null {
  const { conversations, directory } = parts;
  const { record, members, base, to } = proposal;
  const rekeyed = new Set(change.added.flatMap(({ name, fingerprint }) => {
    const old = base?.members.get(name);
    const leads = old !== undefined && directory.leads(
      name,
      encodeBase64Url(old.fingerprint),
      encodeBase64Url(fingerprint),
    );
    return leads ? [name] : [];
  }));
  const leavers = new Set(chain?.notes.keys());
  const fault = checkChange(base, { record, members, leavers, rekeyed });
  const name = conversations.groupById(proposal.conversation)?.name ?? proposal.conversation;
  if (fault !== null) return refusalOf(fault, { proposal, name });
  if (to === null) return null;
  // Else one of the two could use up the epochs of the conversation.
  if (record.change === "rekey" && change.added.length === 0) return refuse.badRecord();
  const names = new Set([user, to]);
  const isTheirs = members.length === names.size && members.every(({ name }) => names.has(name));
  return isTheirs ? null : refuse.badRecord();
}

function refusalOf(
  fault: BadChange,
  { proposal, name }: { readonly proposal: Proposal; readonly name: string },
): Refusal {
  const { record, members } = proposal;
  const { change } = record;
  if (fault === "epoch" || fault === "previous") return refuse.staleEpoch();
  if (fault === "right" && record.kind === "group" && OWNERS.has(change)) {
    return refuse.notOwner(name);
  }
  if (fault === "closed") return refuse.noGroup(name);
  const isNew = change === "create" || change === "replace";
  if (isNew && record.kind === "group" && members.length < 2) return refuse.tooFewMembers();
  return refuse.badRecord();
}

/** New members must have accounts, and be listed with their present keys. */
function unknown({ directory }: HubParts, { proposal, change }: Step): Refusal | null {
  const { record } = proposal;
  if (!ADMITTING.has(record.change)) return null;
  const names = change.added.map(({ name }) => name).filter((name) => !directory.hasUser(name));
  if (names.length > 0) {
    return refuse.unknownUsers(names, record.change === "create" ? "created" : "changed");
  }
  const isPresent = ({ name, fingerprint }: Member) =>
    directory.fingerprintOf(name) === encodeBase64Url(fingerprint);
  return change.added.every(isPresent) ? null : refuse.staleEpoch();
}

/** Fresh keys that nothing asks for, too soon after the last ones. */
function hasty({ policy }: HubParts, { proposal, chain, moment }: Step): Refusal | null {
  if (proposal.record.change !== "rotate" || chain === null) return null;
  if (chain.rotatedAt === null) return null;
  const isUrgent = chain.notes.size > 0 || chain.complaints.size > 0;
  const least = isUrgent ? policy.urgentRotateMs : policy.rotateMs;
  const since = moment.now - chain.rotatedAt;
  // A clock that was set back must not lock a conversation.
  if (since < 0 || since >= least) return null;
  return refuse.rotatedLately(Math.ceil((least - since) / 1_000));
}

function chainChange({ proposal, chain, change, moment }: Step, seq: number): ChainChange {
  const { record, conversation, hash, text, members } = proposal;
  const { epoch } = record;
  const head = advance(proposal.base, record, members);
  const rotatedAt = record.change === "rotate" ? moment.now : chain?.rotatedAt ?? null;
  const notes = [...chain?.notes ?? []].map(([name, note]) => ({ name, ...note }));
  const removed = new Set(change.removed);
  const next = withEpoch(chain, { head, seq, rotatedAt, removed });
  const gone = notes.filter(({ name }) => removed.has(name));
  // Who closes as the last one does so by the notes of all others, who stay listed.
  const basis = record.change === "close" ? notes : gone;
  const pieces = piecesOf(epoch, change, basis.map(({ note }) => note));
  const first: EpochHead = {
    e: epoch,
    record: text,
    hash,
    kind: record.kind,
    change: record.change,
    owner: ownerOf(members),
    seq,
    at: moment.now,
    pieces: pieces.length + 1,
  };
  const over: Key[] = [
    ...gone.map(({ name, epoch }) => keyOf.note(conversation, name, epoch)),
    ...[...chain?.complaints.values() ?? []]
      .map(({ epoch, user }) => keyOf.complaint(conversation, epoch, user)),
  ];
  return {
    conversation,
    chain: next,
    isNew: keyOf.epoch(conversation, epoch, 0),
    sets: [
      [keyOf.epoch(conversation, epoch, 0), first],
      ...pieces.map((piece, i) => [keyOf.epoch(conversation, epoch, i + 1), piece] as const),
      [keyOf.made(hash), { conversation, epoch }],
    ],
    deletes: [keyOf.staged(hash), ...over.slice(0, MOST_DELETES)],
  };
}

function ownerOf(members: readonly Member[]): string {
  return members.find(({ role }) => role === ROLE.owner)?.name ?? "";
}
