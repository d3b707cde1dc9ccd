/**
 * What one commit of the journal writes.
 *
 * @module
 */

import type { Entry } from "../protocol/event.ts";
import type { Decided } from "./journal.ts";
import { encodeRecord } from "./record.ts";
import { expiryOf } from "./standings.ts";
import type { Check, Key, Write } from "./store.ts";
import { keyOf, type Tail } from "./tables.ts";

/** A commit, and what is true when it is done. */
export interface JournalBatch {
  /** For `Store.commit`. */
  readonly batch: {
    readonly checks: readonly Check[];
    readonly sets: readonly Write[];
    readonly deletes: readonly Key[];
  };
  /** The new ends of the conversations it touches. */
  readonly tails: ReadonlyMap<string, Tail>;
}

/**
 * Puts decisions into one commit.
 *
 * @param decided In order.
 * @param options The ends of all conversations; milliseconds for which message ids are remembered.
 */
export function batchOf(
  decided: readonly Decided[],
  options: { readonly tails: ReadonlyMap<string, Tail>; readonly sentMs: number },
): JournalBatch {
  const checks: Check[] = [];
  const sets: Write[] = [];
  const deletes: Key[] = [];
  const tails = new Map<string, Tail>();
  const put = (key: Key, value: unknown, expireIn?: number) => {
    const write = { key, value: encodeRecord(key, value) };
    sets.push(expireIn === undefined ? write : { ...write, expireIn });
  };
  const number = ({ conversation, id }: Entry): number => {
    const tail = tails.get(conversation) ?? options.tails.get(conversation);
    const seq = (tail?.seq ?? 0) + 1;
    tails.set(conversation, { id, seq });
    return seq;
  };
  for (const { submission, decision } of decided) {
    for (const entry of decision.entries) {
      const { conversation, id } = entry;
      put(keyOf.entry(conversation, id), { seq: number(entry), entry });
      if (entry.t === "change") put(keyOf.change(id), { entry });
      else if (decision.opens !== undefined) {
        put(keyOf.direct(conversation, id), { users: decision.opens.users, from: id });
      }
      const { user, order } = submission.request;
      if (order.t !== "send") continue;
      const sent = keyOf.sent(user, order.id);
      checks.push({ key: sent, version: null });
      put(sent, { id, at: entry.at }, options.sentMs);
    }
    const { chain, ends } = decision;
    if (chain?.isNew !== undefined) checks.push({ key: chain.isNew, version: null });
    for (const [key, value] of chain?.sets ?? []) put(key, value);
    deletes.push(...chain?.deletes ?? []);
    if (ends === undefined) continue;
    const { user, id, standing } = ends;
    deletes.push(keyOf.account(user), keyOf.cursor(user));
    put(keyOf.standing(user), standing, expiryOf(standing));
    put(keyOf.ended(user), { id });
  }
  // Written last, and nowhere else in the same way: by it one can see whether a commit was done.
  for (const [conversation, tail] of tails) put(keyOf.tail(conversation), tail);
  return { batch: { checks, sets, deletes }, tails };
}
