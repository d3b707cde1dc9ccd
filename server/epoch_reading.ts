/**
 * Reading the epochs of a conversation, in pages of pieces, and behind the newest what is open
 * (FTC1 §7.4).
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { EpochPiece, EventOf } from "../protocol/event.ts";
import { MAX_PAGE_OCTETS, MAX_PIECE_MEMBERS, MAX_PIECE_NOTES } from "../protocol/limits.ts";
import { type Chain, visibleEpoch } from "./chain.ts";
import { chunks } from "./epoch_pieces.ts";
import { DamagedRecord, decodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";
import type { Store, StoredEntry } from "./store.ts";
import { epochRecord, keyOf, pieceRecord, prefixOf, wrapRecord } from "./tables.ts";

/** Pieces read at once: a record with its wrap takes two kilobytes, so they fill a page. */
const CHUNK = 26;

/** What is looked at. */
export type ReadingParts = Pick<Service, "chains" | "conversations" | "options" | "tails">;

/**
 * Reads a page of pieces.
 *
 * @param parts Chains and the store.
 * @param query Who asks, from which piece of which epoch on.
 * @throws {import("./record.ts").DamagedRecord} If a piece cannot be read.
 */
export async function readEpochs(
  parts: ReadingParts,
  query: { readonly user: string; readonly command: CommandOf<"epochs"> },
): Promise<EventOf<"epochs"> | { readonly refused: Refusal }> {
  const { user, command: { id: re, conversation, from, piece } } = query;
  const { chains, options: { store } } = parts;
  if (isOwn(parts, query) && chains.isDamaged(conversation)) return { refused: refuse.storage() };
  const chain = chains.get(conversation);
  const visible = chain === null || !isOwn(parts, query) ? null : visibleEpoch(chain, user);
  if (chain === null || visible === null) return { t: "epochs", re, pieces: [], more: false };
  const page = new Page();
  const { epoch: head } = visible;
  const finish = (more: boolean): EventOf<"epochs"> => ({
    t: "epochs",
    re,
    head,
    ...(head === chain.head.epoch ? { sent: sentIn(chain, parts.tails.get(conversation)) } : {}),
    pieces: page.pieces,
    more,
  });
  for await (const one of stored(store, { conversation, user, from, piece, to: head })) {
    if (!page.add(one)) return finish(true);
  }
  if (!visible.isPresent) return finish(false);
  const skip = from > head ? piece : 0;
  const open = from > head + 1 ? [] : openPieces(chain, parts).slice(skip);
  return finish(!open.every((one) => page.add(one)));
}

/** Whether the account itself has been in the conversation, and not another one of its name. */
function isOwn(
  { chains, conversations }: ReadingParts,
  { user, command: { conversation } }: {
    readonly user: string;
    readonly command: CommandOf<"epochs">;
  },
): boolean {
  if (chains.get(conversation)?.head.kind === "direct") return true;
  return conversations.readable(conversation, user) !== null;
}

/** Messages since the newest epoch was made. */
function sentIn(chain: Chain, tail: { readonly seq: number } | undefined): number {
  return Math.max(0, (tail?.seq ?? 0) - chain.seq);
}

class Page {
  readonly pieces: EpochPiece[] = [];
  #octets = 0;

  /** Takes a piece, if it fits or is the first. */
  add(piece: EpochPiece): boolean {
    this.#octets += JSON.stringify(piece).length + 1;
    if (this.#octets > MAX_PAGE_OCTETS && this.pieces.length > 0) return false;
    this.pieces.push(piece);
    return true;
  }
}

interface Run {
  readonly conversation: string;
  readonly user: string;
  readonly from: number;
  readonly piece: number;
  readonly to: number;
}

/** The stored pieces of a run of epochs, with the wraps of one member. */
async function* stored(store: Store, run: Run): AsyncGenerator<EpochPiece> {
  const { conversation, user, to } = run;
  let { from, piece } = run;
  while (from <= to) {
    // Whole epochs can be named by a range, and pieces of one epoch by another.
    const found = piece === 0
      ? await store.list({
        prefix: prefixOf.epochsOf(conversation),
        from,
        to: to + 1,
        limit: CHUNK,
      })
      : await store.list({
        prefix: [...prefixOf.epochsOf(conversation), from],
        from: piece,
        limit: CHUNK,
      });
    yield* await served(store, found, user);
    const last = found.at(-1);
    if (found.length === CHUNK && last !== undefined) {
      [from, piece] = [Number(last.key[2]), Number(last.key[3]) + 1];
    } else if (piece === 0) return;
    else [from, piece] = [from + 1, 0];
  }
}

async function served(
  store: Store,
  found: readonly StoredEntry[],
  user: string,
): Promise<EpochPiece[]> {
  const pieces = found.map((one) =>
    one.key[3] === 0 ? decodeRecord(one, epochRecord) : decodeRecord(one, pieceRecord)
  );
  const hashes = pieces.flatMap((one) => "hash" in one ? [one.hash] : []);
  const wraps = await store.getMany(hashes.map((hash) => keyOf.wrap(hash, user)));
  const byHash = new Map(hashes.map((hash, i) => [hash, wraps[i] ?? null]));
  return pieces.map((one): EpochPiece => {
    if (!("hash" in one)) return one;
    const wrap = readWrap(byHash.get(one.hash) ?? null);
    const { e, record } = one;
    return wrap === null ? { e, record } : { e, record, wrap };
  });
}

/** One that cannot be read is none: its receiver complains, and gets another. */
function readWrap(stored: StoredEntry | null): string | null {
  try {
    return stored === null ? null : decodeRecord(stored, wrapRecord).wrap;
  } catch (error) {
    if (error instanceof DamagedRecord) return null;
    throw error;
  }
}

/** What is open behind the newest epoch: leave notes, newer keys, complaints. */
function openPieces(chain: Chain, { chains }: ReadingParts): EpochPiece[] {
  const e = chain.head.epoch + 1;
  const notes = [...chain.notes.values()].map(({ note }) => note);
  const complaints = [...chain.complaints.values()];
  return [
    ...chunks(notes, MAX_PIECE_NOTES).map((notes) => ({ e, notes })),
    ...chunks(chains.outdated(chain), MAX_PIECE_MEMBERS).map((rekeyed) => ({ e, rekeyed })),
    ...chunks(complaints, MAX_PIECE_MEMBERS).map((complaints) => ({ e, complaints })),
  ];
}

/**
 * Finds the hash of the record of an epoch.
 *
 * @param store Where epochs are.
 * @param at Which.
 * @returns Base64url; `null` where there is no such epoch.
 * @throws {import("./record.ts").DamagedRecord} If it cannot be read.
 */
export async function hashOf(
  store: Store,
  at: { readonly conversation: string; readonly epoch: number },
): Promise<string | null> {
  const found = await store.get(keyOf.epoch(at.conversation, at.epoch, 0));
  return found === null ? null : decodeRecord(found, epochRecord).hash;
}
