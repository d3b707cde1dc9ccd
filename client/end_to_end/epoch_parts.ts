/**
 * The pieces of epochs, put together: what the server gave for each, and the list that follows.
 *
 * Source: docs/PROTOCOL.md, "epochs"; FTC1 §7.4.
 *
 * @module
 */

import { decodeBase64Url } from "../../cipher/base64url.ts";
import type { EpochRecord } from "../../cipher/epoch.ts";
import { type ChainHead, nextOwner } from "../../cipher/epoch_rules.ts";
import { MAX_EPOCH_MEMBERS, type Member, ROLE } from "../../cipher/member_list.ts";
import type { EpochPiece } from "../../protocol/event.ts";
import { BadChain } from "./bad_chain.ts";

/** What the server gave for one epoch. */
export interface EpochParts {
  /** The record. */
  readonly record: Uint8Array;
  /** The reader's wrap, where there is one. */
  readonly wrap: Uint8Array | null;
  /** New members, or members with other keys: name → fingerprint. */
  readonly added: ReadonlyMap<string, Uint8Array>;
  /** Who is no member any more. */
  readonly removed: ReadonlySet<string>;
  /** Leave notes that the change rests on. */
  readonly notes: readonly Uint8Array[];
}

/** What is open behind the newest epoch, as it came. */
export interface OpenParts {
  /** Leave notes. */
  readonly notes: readonly Uint8Array[];
  /** Members with newer keys. */
  readonly rekeyed: readonly string[];
  /** Who has no fitting wrap in which epoch. */
  readonly complaints: readonly { readonly epoch: number; readonly user: string }[];
}

/**
 * Puts pieces together.
 *
 * @param pieces All pieces from the record of an epoch on, in order.
 * @param from The number of that epoch.
 * @returns The epochs in order, and what is open behind them.
 * @throws {BadChain} If they are not in order, not base64url, or more than an epoch can have.
 */
export function joinPieces(
  pieces: readonly EpochPiece[],
  from: number,
): { readonly epochs: readonly EpochParts[]; readonly open: OpenParts } {
  const epochs: Draft[] = [];
  const open = {
    notes: [] as Uint8Array[],
    rekeyed: [] as string[],
    complaints: [] as Complaint[],
  };
  for (const piece of pieces) {
    if ("record" in piece) {
      if (piece.e !== from + epochs.length) throw new BadChain("pieces");
      epochs.push({
        record: octets(piece.record),
        wrap: piece.wrap === undefined ? null : octets(piece.wrap),
        added: new Map(),
        removed: new Set(),
        notes: [],
      });
      continue;
    }
    const isOpen = piece.e === from + epochs.length;
    const draft = piece.e === from + epochs.length - 1 ? epochs.at(-1) : undefined;
    if (isOpen && "rekeyed" in piece) open.rekeyed.push(...piece.rekeyed);
    else if (isOpen && "complaints" in piece) open.complaints.push(...piece.complaints);
    else if (isOpen && "notes" in piece) open.notes.push(...piece.notes.map(octets));
    else if (draft === undefined) throw new BadChain("pieces");
    else addTo(draft, piece);
  }
  return { epochs, open };
}

/**
 * Computes the list that follows from a record and its pieces: roles are never told, they follow.
 *
 * @param before The state before; `null` before epoch 0.
 * @param record The record.
 * @param parts Its pieces.
 * @returns The list, not checked against the record yet.
 */
export function listAfter(
  before: ChainHead | null,
  record: Pick<EpochRecord, "change" | "signer">,
  { added, removed }: Pick<EpochParts, "added" | "removed">,
): Member[] {
  const list = new Map<string, Member>(before?.members ?? []);
  for (const name of removed) list.delete(name);
  for (const [name, fingerprint] of added) {
    list.set(name, { name, fingerprint, role: list.get(name)?.role ?? ROLE.member });
  }
  const owner = ownerAfter(before, record, removed);
  return [...list.values()].map(({ name, fingerprint }) => {
    return { name, fingerprint, role: name === owner ? ROLE.owner : ROLE.member };
  });
}

type Complaint = OpenParts["complaints"][number];

interface Draft {
  readonly record: Uint8Array;
  readonly wrap: Uint8Array | null;
  readonly added: Map<string, Uint8Array>;
  readonly removed: Set<string>;
  readonly notes: Uint8Array[];
}

function ownerAfter(
  before: ChainHead | null,
  { change, signer }: Pick<EpochRecord, "change" | "signer">,
  removed: ReadonlySet<string>,
): string | null {
  if (before === null || change === "create" || change === "replace") return signer;
  for (const { name, role } of before.members.values()) {
    if (role === ROLE.owner && !removed.has(name)) return name;
  }
  return nextOwner(before.members, removed);
}

function addTo(draft: Draft, piece: EpochPiece): void {
  if ("added" in piece) {
    for (const [name, fingerprint] of piece.added) draft.added.set(name, octets(fingerprint));
  } else if ("removed" in piece) {
    for (const name of piece.removed) draft.removed.add(name);
  } else if ("notes" in piece) draft.notes.push(...piece.notes.map(octets));
  else throw new BadChain("pieces");
  const most = Math.max(draft.added.size, draft.removed.size, draft.notes.length);
  if (most > MAX_EPOCH_MEMBERS) throw new BadChain("limit");
}

function octets(text: string): Uint8Array {
  try {
    return decodeBase64Url(text);
  } catch {
    throw new BadChain("encoding");
  }
}
