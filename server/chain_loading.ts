/**
 * The chains of all conversations, read from the store at start; no cryptography.
 *
 * Every list is made again from the pieces that say how it changed. A conversation of which a piece
 * cannot be read, or is missing, is taken out: nothing can follow what is not known. What is over, but
 * was not deleted with the epoch that ended it, is deleted here.
 *
 * Source: FTC1 §7.4, §9 row 99.
 *
 * @module
 */

import { decodeBase64Url } from "../cipher/base64url.ts";
import type { ListEntry } from "../cipher/epoch_rules.ts";
import { ROLE } from "../cipher/member_list.ts";
import { type Chain, withComplaint, withEpoch, withNote } from "./chain.ts";
import type { Chains } from "./chains.ts";
import { chunks } from "./epoch_pieces.ts";
import { DamagedRecord, decodeRecord, type RecordSchema } from "./record.ts";
import { type Key, type Store, STORE_LIMITS, type StoredEntry } from "./store.ts";
import * as tables from "./tables.ts";

/** What loading works with. */
export interface ChainLoadingParts {
  /** What the store says. */
  readonly store: Store;
  /** Told of all chains. */
  readonly chains: Chains;
  /** Told of each conversation that is damaged, once. */
  readonly damaged: (error: unknown) => void;
}

/**
 * Reads all chains.
 *
 * @param parts From where to where.
 * @throws {Error} If the store fails.
 */
export async function loadChains(parts: ChainLoadingParts): Promise<void> {
  const { store } = parts;
  let replay = null as Replay | null;
  for await (const stored of store.scan(tables.prefixOf.epochs)) {
    const conversation = String(stored.key[1]);
    if (replay?.conversation !== conversation) {
      replay?.finish();
      replay = new Replay(conversation, parts);
    }
    replay.take(stored);
  }
  replay?.finish();
  const over = [...await loadNotes(parts), ...await loadComplaints(parts)];
  for (const deletes of chunks(over, STORE_LIMITS.mutations / 2)) await store.commit({ deletes });
}

/** The pieces of one conversation in order, become a chain. */
class Replay {
  readonly conversation: string;
  readonly #parts: ChainLoadingParts;
  readonly #members = new Map<string, ListEntry>();
  #chain: Chain | null = null;
  #epoch: tables.EpochHead | null = null;
  #pieces = 0;
  #removed: string[] = [];
  #isDamaged = false;

  constructor(conversation: string, parts: ChainLoadingParts) {
    this.conversation = conversation;
    this.#parts = parts;
  }

  take(stored: StoredEntry): void {
    if (this.#isDamaged) return;
    try {
      if (stored.key[3] === 0) this.#begin(decodeRecord(stored, tables.epochRecord));
      else this.#change(decodeRecord(stored, tables.pieceRecord));
    } catch (error) {
      if (!(error instanceof DamagedRecord || error instanceof Incomplete)) throw error;
      this.#damage(error);
    }
  }

  finish(): void {
    if (this.#isDamaged) return;
    try {
      this.#complete();
      if (this.#chain !== null) this.#parts.chains.set(this.conversation, this.#chain);
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      this.#damage(error);
    }
  }

  #begin(epoch: tables.EpochHead): void {
    this.#complete();
    const expected = this.#chain === null ? 0 : this.#chain.head.epoch + 1;
    if (epoch.e !== expected) throw this.#incomplete(expected);
    [this.#epoch, this.#pieces, this.#removed] = [epoch, 1, []];
  }

  #change(piece: tables.StoredPiece): void {
    const epoch = this.#epoch;
    if (epoch?.e !== piece.e) throw this.#incomplete(piece.e);
    this.#pieces++;
    if ("removed" in piece) {
      for (const name of piece.removed) this.#members.delete(name);
      this.#removed.push(...piece.removed);
    }
    if (!("added" in piece)) return;
    for (const [name, fingerprint] of piece.added) {
      const old = this.#members.get(name);
      const since = old && epoch.change === "rekey" ? old.since : epoch.e;
      const role = ROLE.member;
      this.#members.set(name, { name, fingerprint: decodeBase64Url(fingerprint), role, since });
    }
  }

  /** Takes the epoch whose pieces have come into the chain. */
  #complete(): void {
    const epoch = this.#epoch;
    if (epoch === null) return;
    if (this.#pieces !== epoch.pieces) throw this.#incomplete(epoch.e);
    this.#chain = withEpoch(this.#chain, {
      head: {
        kind: epoch.kind,
        conversation: decodeBase64Url(this.conversation),
        epoch: epoch.e,
        hash: decodeBase64Url(epoch.hash),
        members: this.#members,
        closed: epoch.change === "close",
      },
      seq: epoch.seq,
      rotatedAt: epoch.change === "rotate" ? epoch.at : this.#chain?.rotatedAt ?? null,
      removed: this.#removed,
    });
    for (const [name, entry] of this.#members) {
      const role = name === epoch.owner ? ROLE.owner : ROLE.member;
      if (entry.role !== role) this.#members.set(name, { ...entry, role });
    }
  }

  #incomplete(epoch: number): Incomplete {
    return new Incomplete(`Cannot read epoch ${epoch} of ${this.conversation}: not complete`);
  }

  #damage(error: unknown): void {
    this.#isDamaged = true;
    this.#parts.chains.damage(this.conversation);
    this.#parts.damaged(error);
  }
}

/** A piece is missing. */
class Incomplete extends Error {}

/** Reads open leave notes; returns the keys of those that are over. */
async function loadNotes(parts: ChainLoadingParts): Promise<Key[]> {
  const over: Key[] = [];
  for await (const stored of parts.store.scan(tables.prefixOf.notes)) {
    const [conversation, name, epoch] = [stored.key[1], stored.key[2], stored.key[3]];
    const chain = parts.chains.get(String(conversation));
    if (chain === null) continue;
    const note = read(stored, tables.noteRecord, parts);
    if (note === null) {
      // He has left, and nobody can prove it to the others.
      parts.chains.damage(String(conversation));
      continue;
    }
    const since = chain.head.members.get(String(name))?.since ?? Infinity;
    if (Number(epoch) < since || chain.head.closed) over.push(stored.key);
    else {
      const open = { note: note.note, epoch: Number(epoch) };
      parts.chains.set(String(conversation), withNote(chain, String(name), open));
    }
  }
  return over;
}

/** Reads open complaints; returns the keys of those that are over. */
async function loadComplaints(parts: ChainLoadingParts): Promise<Key[]> {
  const over: Key[] = [];
  for await (const stored of parts.store.scan(tables.prefixOf.complaints)) {
    const [conversation, epoch, user] = [stored.key[1], stored.key[2], stored.key[3]];
    const chain = parts.chains.get(String(conversation));
    if (chain === null) continue;
    // One that cannot be read is over: who still has no wrap says so again.
    const complaint = read(stored, tables.complaintRecord, parts);
    if (complaint?.head !== chain.head.epoch) over.push(stored.key);
    else {
      const open = { epoch: Number(epoch), user: String(user) };
      parts.chains.set(String(conversation), withComplaint(chain, open));
    }
  }
  return over;
}

function read<T>(stored: StoredEntry, schema: RecordSchema<T>, parts: ChainLoadingParts): T | null {
  try {
    return decodeRecord(stored, schema);
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    parts.damaged(error);
    return null;
  }
}
