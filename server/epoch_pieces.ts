/**
 * How an epoch is stored and served: the record first, then how the list differs from the one before,
 * then the leave notes that it rests on, in pieces that fit into pages.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { equal } from "../cipher/bytes.ts";
import type { Member } from "../cipher/member_list.ts";
import { MAX_PIECE_MEMBERS, MAX_PIECE_NOTES } from "../protocol/limits.ts";
import type { ListChange } from "./chain.ts";
import type { StoredPiece } from "./tables.ts";

/**
 * Compares two lists.
 *
 * @param before The list by name; empty before epoch 0.
 * @param after The new list.
 */
export function listChange(
  before: ReadonlyMap<string, Member>,
  after: readonly Member[],
): ListChange {
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name, fingerprint }) => {
      const old = before.get(name);
      return old === undefined || !equal(old.fingerprint, fingerprint);
    }),
    removed: [...before.keys()].filter((name) => !names.has(name)),
  };
}

/**
 * Makes the pieces behind the record.
 *
 * @param epoch Its number.
 * @param change How the list differs.
 * @param notes Leave notes, base64url.
 */
export function piecesOf(
  epoch: number,
  { added, removed }: ListChange,
  notes: readonly string[],
): StoredPiece[] {
  const pairs = added.map(({ name, fingerprint }): [string, string] => [
    name,
    encodeBase64Url(fingerprint),
  ]);
  return [
    ...chunks(pairs, MAX_PIECE_MEMBERS).map((added) => ({ e: epoch, added })),
    ...chunks(removed, MAX_PIECE_MEMBERS).map((removed) => ({ e: epoch, removed })),
    ...chunks(notes, MAX_PIECE_NOTES).map((notes) => ({ e: epoch, notes })),
  ];
}

/** Cuts a list into lists of at most so many. */
export function chunks<T>(items: readonly T[], most: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / most) },
    (_, n) => items.slice(n * most, (n + 1) * most),
  );
}
