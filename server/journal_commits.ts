/**
 * The commits of the journal: each message id once, and no answer before it is certain.
 *
 * A message id is checked by the commit itself: "nothing stands under (user, message id)". Only if
 * that fails is it looked up, so the ordinary message costs no read. A commit that fails may have
 * been done all the same; then it is looked up before anybody is told anything.
 *
 * @module
 */

import { equal } from "../cipher/bytes.ts";
import type { Request } from "./decision.ts";
import type { Decided, JournalParts, Outcome } from "./journal.ts";
import { batchOf, type JournalBatch } from "./journal_batch.ts";
import { decodeRecord } from "./record.ts";
import { refuse } from "./refusal.ts";
import type { StoredEntry, Write } from "./store.ts";
import { keyOf, sentRecord } from "./tables.ts";

/** Milliseconds between two looks at a store that does not answer. */
const RETRY_MS = 500;

/** The server ends before the outcome of a commit is known. */
class Uncertain extends Error {}

/** What commits work with. */
export interface CommitParts extends Pick<JournalParts, "store" | "tails" | "sentMs" | "failed"> {
  /** Whether the server is about to end: nothing is waited for any more. */
  readonly isClosed: () => boolean;
}

/**
 * What became of decisions; those whose message id was known have had their answer, and those of
 * which nothing is certain when the server ends get none.
 */
export interface Committed {
  /** Stored now. */
  readonly stored: readonly Decided[];
  /** Not stored. */
  readonly failed: readonly Decided[];
}

/** Writes decisions to the store. */
export class JournalCommits {
  readonly #parts: CommitParts;

  /**
   * Makes a `JournalCommits`.
   *
   * @param parts Store, ends of conversations.
   */
  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  /**
   * Stores decisions together, but for those whose message id is stored already.
   *
   * @param decided In order; few enough for one commit.
   */
  async commit(decided: readonly Decided[]): Promise<Committed> {
    let rest = decided;
    try {
      while (rest.length > 0 && !(await this.#write(rest))) {
        const unknown = await this.#withoutKnown(rest);
        if (unknown.length === rest.length) throw new Error("Cannot commit: a check failed twice");
        rest = unknown;
      }
      return { stored: rest, failed: [] };
    } catch (error) {
      // Who is not answered sends again after the restart, and is recognised then.
      if (error instanceof Uncertain) return { stored: [], failed: [] };
      this.#parts.failed(error);
      return { stored: [], failed: rest };
    }
  }

  /**
   * Looks whether a message has been stored before.
   *
   * @param request A message, or anything else.
   * @returns What to answer, or `null` where it has not been or cannot be known.
   */
  async find(request: Request): Promise<Outcome | null> {
    try {
      const mark = await this.#mark(request);
      return mark === null ? null : this.#known(mark);
    } catch (error) {
      this.#parts.failed(error);
      return null;
    }
  }

  async #write(decided: readonly Decided[]): Promise<boolean> {
    const { tails, sentMs } = this.#parts;
    const { batch, tails: newTails } = batchOf(decided, { tails, sentMs });
    const done = batch.sets.length === 0 ||
      await this.#certainly(batch);
    if (!done) return false;
    for (const [conversation, tail] of newTails) tails.set(conversation, tail);
    return true;
  }

  /**
   * Commits, and where that fails finds out whether it was done all the same: an engine may fail
   * after it has written. Nothing is answered before that is certain; meanwhile the queue waits.
   */
  async #certainly(batch: JournalBatch["batch"]): Promise<boolean> {
    try {
      return await this.#parts.store.commit(batch);
    } catch (error) {
      // The record that is written last (the end of a conversation, of an account, a hash) is written
      // in the same way by no other commit, and writing it again is harmless.
      const witness = batch.sets.at(-1);
      if (witness === undefined || error instanceof RangeError) throw error;
      this.#parts.failed(error);
      if (await this.#isDone(witness)) return true;
      throw error;
    }
  }

  /**
   * Looks whether a commit was done, again and again while the store does not answer and the server
   * runs. What can be read may stand in a file that was deleted (FTC1 §9 row 98), or not be synced:
   * so it counts only once a commit behind it has succeeded.
   */
  async #isDone(witness: Write): Promise<boolean> {
    const { store, isClosed } = this.#parts;
    while (true) {
      try {
        const stored = await store.get(witness.key);
        if (stored === null || !equal(stored.value, witness.value)) return false;
        return await store.commit({ sets: [witness] });
      } catch (error) {
        if (isClosed()) throw new Uncertain("Cannot commit: outcome unknown", { cause: error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Answers those whose message id is stored already; returns the others. */
  async #withoutKnown(decided: readonly Decided[]): Promise<Decided[]> {
    const looked = await Promise.all(decided.map(async (one) => {
      return { one, mark: await this.#mark(one.submission.request) };
    }));
    // Nobody is answered before all have been read: a read that fails concerns all of them.
    return looked.flatMap(({ one, mark }) => {
      if (mark === null) return [one];
      one.submission.done(this.#known(mark));
      return [];
    });
  }

  async #mark({ user, order }: Request): Promise<StoredEntry | null> {
    return order.t === "send" ? await this.#parts.store.get(keyOf.sent(user, order.id)) : null;
  }

  /** What a mark says; one that is damaged concerns nobody else (FTC1 §9 row 99). */
  #known(mark: StoredEntry): Outcome {
    try {
      return { known: decodeRecord(mark, sentRecord) };
    } catch (error) {
      this.#parts.failed(error);
      return { refused: refuse.storage() };
    }
  }
}
