/**
 * Changes of groups as the members have signed them: the server's words are compared with the records,
 * and what is shown comes from these.
 *
 * Source: FTC1 §7.4; PRODUCT §3.
 *
 * @module
 */

import { decodeBase64Url, InvalidBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import type { EpochRecord } from "../../cipher/epoch.ts";
import { parseLeaveNote } from "../../cipher/leave_note.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import type { ChangeEntry } from "../../protocol/event.ts";
import { MAX_GROUP_MEMBERS } from "../../protocol/limits.ts";
import type { MarkedEntry } from "../opened.ts";
import { BadChain } from "./bad_chain.ts";
import type { Chain } from "./chain.ts";
import type { Chains } from "./chains.ts";
import { reasonOf } from "./opener.ts";

/**
 * Opens a change.
 *
 * @param entry As the server tells it.
 * @param options Where the records are, and who reads.
 * @returns What the records say, or the line in its place.
 * @throws {import("./asker.ts").CutOff} If the connection is lost meanwhile.
 */
export async function openChange(
  entry: ChangeEntry,
  options: { readonly chains: Chains; readonly me: { readonly user: string } },
): Promise<ChangeEntry | MarkedEntry> {
  try {
    return await read(entry, options);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    return markChange(entry, reason);
  }
}

/**
 * Makes the line in the place of a change that is not shown.
 *
 * @param entry As the server tells it.
 * @param reason Why, as the end of a sentence.
 */
export function markChange(entry: ChangeEntry, reason: string): MarkedEntry {
  const { id, at, conversation, group } = entry;
  const text = `[not shown]: a change of group ${group}: ${reason}`;
  return { t: "damaged", id, at, conversation, text };
}

async function read(
  entry: ChangeEntry,
  { chains, me }: Parameters<typeof openChange>[1],
): Promise<ChangeEntry> {
  const place = { kind: "group", id: entry.conversation, name: entry.group } as const;
  if (entry.change === "left") {
    const note = octets(entry.note);
    const chain = await chains.upTo(place, epochOf(note));
    const { name } = await chain.checkNote(note);
    if (name !== entry.by) throw new BadChain("no such change");
    return entry;
  }
  // Who leaves as the last one whose account exists ends the group without a record.
  if (entry.change === "deleted" && entry.epoch === undefined && entry.by === me.user) return entry;
  if (entry.epoch === undefined) throw new BadChain("no such change");
  const chain = await chains.upTo(place, entry.epoch);
  const record = chain.record(entry.epoch);
  const said = record === undefined ? null : SAYINGS[entry.change](chain, record);
  if (said === null) throw new BadChain("no such change");
  const { t, id, at, conversation, group, epoch } = entry;
  return { t, id, at, conversation, group, epoch, ...partOf(said, entry) };
}

/** A change of very many members is told in two: who has gone, and who has come. */
function partOf(said: Said, entry: ChangeEntry): Said {
  if (said.change !== "members" || entry.change !== "members") return said;
  if (said.added.length + said.removed.length <= MAX_GROUP_MEMBERS + 1) return said;
  if (entry.added.length === 0) return { ...said, added: [] };
  return entry.removed.length === 0 ? { ...said, removed: [] } : said;
}

type Told = Exclude<ChangeEntry["change"], "left">;

type Said = DistributiveOmit<
  Extract<ChangeEntry, { readonly change: Told }>,
  "t" | "id" | "at" | "conversation" | "group" | "epoch"
>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What a record says of a kind of change; `null` where it says nothing of it. */
const SAYINGS: { readonly [C in Told]: (chain: Chain, record: EpochRecord) => Said | null } = {
  created: (chain, { change, epoch, signer: by }) => {
    if (change !== "create") return null;
    const others = [...chain.membersAt(epoch).keys()].filter((name) => name !== by).sort();
    return { change: "created", by, members: [...others, by] };
  },
  members: (chain, { change, epoch, signer: by }) => {
    if (change === "create") return null;
    const before = chain.membersAt(epoch - 1);
    const after = chain.membersAt(epoch);
    const left = chain.leaversOf(epoch);
    const added = names(after, (one) => !isSame(before.get(one.name), one));
    const removed = names(before, (one) => !after.has(one.name) && !left.has(one.name));
    if (added.length + removed.length === 0) return null;
    return { change: "members", by, added, removed };
  },
  owner: (chain, { change, epoch }) => {
    if (change === "create") return null;
    const owner = ownerOf(chain.membersAt(epoch));
    const isNew = owner !== undefined && owner !== ownerOf(chain.membersAt(epoch - 1));
    return isNew ? { change: "owner", owner } : null;
  },
  deleted: (_chain, { change, signer: by }) =>
    change === "close" ? { change: "deleted", by } : null,
};

function names(list: ReadonlyMap<string, Member>, isMeant: (member: Member) => boolean): string[] {
  return [...list.values()].filter(isMeant).map(({ name }) => name);
}

function isSame(a: Member | undefined, b: Member): boolean {
  return a !== undefined && equal(a.fingerprint, b.fingerprint);
}

function ownerOf(list: ReadonlyMap<string, Member>): string | undefined {
  return [...list.values()].find(({ role }) => role === ROLE.owner)?.name;
}

function epochOf(note: Uint8Array): number {
  try {
    return parseLeaveNote(note).epoch;
  } catch {
    throw new BadChain("no such change");
  }
}

function octets(text: string): Uint8Array {
  try {
    return decodeBase64Url(text);
  } catch (error) {
    if (error instanceof InvalidBase64Url) throw new BadChain("no such change");
    throw error;
  }
}
