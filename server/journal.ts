/**
 * Messages to the store, in group commits; only then are they acknowledged and delivered.
 *
 * All that arrives while one commit is under way goes into the next one, so the cost of a commit is
 * shared by as many messages as there are, and nobody waits for a timer. Commands are decided one
 * after the other when their commit begins; one that changes what later decisions depend on is the
 * last of its commit.
 *
 * A message id is checked by the commit itself: "nothing stands under (user, message id)". Only if
 * that fails is it looked up, so the ordinary message costs no read.
 *
 * Source: PRODUCT §4; docs/ARCHITECTURE.md.
 *
 * @module
 */

import type { Entry } from "../protocol/event.ts";
import { type Accepted, changesState, type Request } from "./decision.ts";
import type { Delivery } from "./delivery.ts";
import type { EntryIds } from "./entry_id.ts";
import type { Hub } from "./hub.ts";
import { batchOf } from "./journal_batch.ts";
import { decodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Store } from "./store.ts";
import { keyOf, sentRecord, type Tail } from "./tables.ts";

/** Submissions in one commit: the engine takes 100 checks, one for each message id. */
const MOST_SUBMISSIONS = 100;

/** Octets of text in one commit, so that entries, keys and marks stay below the engine's 819,200. */
const MOST_OCTETS = 400_000;

/** What became of a submission. */
export type Outcome =
  | { readonly stored: readonly Entry[]; readonly text?: string }
  | { readonly known: { readonly id: number; readonly at: number } }
  | { readonly refused: Refusal };

/** A command on its way to the store. */
export interface Submission {
  /** Who asks for what. */
  readonly request: Request;
  /** Called once, before the entries are delivered. */
  readonly done: (outcome: Outcome) => void;
}

/** A submission that the hub has accepted. */
export interface Decided {
  /** The submission. */
  readonly submission: Submission;
  /** What is to be stored. */
  readonly decision: Accepted;
}

/** What the journal works with. */
export interface JournalParts {
  /** Where entries go. */
  readonly store: Store;
  /** Decides. */
  readonly hub: Hub;
  /** Tells. */
  readonly delivery: Delivery;
  /** Numbers. */
  readonly ids: EntryIds;
  /** The newest entry of each conversation; kept up to date here. */
  readonly tails: Map<string, Tail>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** Milliseconds for which message ids are remembered. */
  readonly sentMs: number;
  /** Told of every commit that failed. */
  readonly failed: (error: unknown) => void;
}

/** The one writer of entries. */
export class Journal {
  readonly #parts: JournalParts;
  #queue: Submission[] = [];
  #running: Promise<void> | null = null;
  #closed = false;
  #delivered: number;
  #committingSince: number | null = null;

  /**
   * Makes a `Journal`.
   *
   * @param parts Store, rules, delivery.
   */
  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#delivered = parts.ids.last;
  }

  /** The newest entry that has been delivered: whoever joins now gets all later ones live. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Milliseconds of uptime since when a commit is under way, or `null`. */
  get committingSince(): number | null {
    return this.#committingSince;
  }

  /** Queues a command. It is answered through `done`, unless the server ends before. */
  submit(submission: Submission): void {
    if (this.#closed) return;
    this.#queue.push(submission);
    this.#running ??= this.#run();
  }

  /** Takes no more, and resolves when all that was taken is stored or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // What the same turn of the event loop brings goes into the same commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const decided = this.#decide();
      if (decided.length > 0) await this.#store(decided);
    }
    this.#running = null;
  }

  /** Decides as many as fit into one commit; refusals are answered at once. */
  #decide(): Decided[] {
    const { hub, ids, now } = this.#parts;
    const at = now();
    const decided: Decided[] = [];
    const marks = new Set<string>();
    let octets = 0;
    let taken = 0;
    for (const submission of this.#queue) {
      const { user, command } = submission.request;
      const mark = command.t === "send" ? `${user} ${command.id}` : null;
      if (decided.length === MOST_SUBMISSIONS || octets > MOST_OCTETS) break;
      // Twice in one commit: the second is recognised when the first is stored.
      if (mark !== null && marks.has(mark)) break;
      taken++;
      const decision = hub.decide(submission.request, { now: at, nextId: () => ids.next(at) });
      if ("refused" in decision) {
        submission.done(decision);
        continue;
      }
      if (mark !== null) marks.add(mark);
      if (command.t === "send") octets += command.body.length * 4;
      decided.push({ submission, decision });
      if (changesState(decision)) break;
    }
    this.#queue = this.#queue.slice(taken);
    return decided;
  }

  async #store(decided: readonly Decided[]): Promise<void> {
    let rest = decided;
    try {
      while (rest.length > 0 && !(await this.#commit(rest))) {
        const unknown = await this.#withoutKnown(rest);
        if (unknown.length === rest.length) throw new Error("Cannot commit: a check failed twice");
        rest = unknown;
      }
    } catch (error) {
      this.#parts.failed(error);
      // Those whose id was known have had their answer.
      for (const { submission } of rest) submission.done({ refused: refuse.storage() });
      rest = [];
    }
    for (const { submission, decision } of rest) this.#tell(submission, decision);
    for (const { decision } of decided) decision.hold?.[Symbol.dispose]();
  }

  async #commit(decided: readonly Decided[]): Promise<boolean> {
    const { store, tails, sentMs } = this.#parts;
    const { batch, tails: newTails } = batchOf(decided, { tails, sentMs });
    if (batch.sets.length > 0) {
      this.#committingSince = this.#parts.uptime();
      try {
        if (!(await store.commit(batch))) return false;
      } finally {
        this.#committingSince = null;
      }
    }
    for (const [conversation, tail] of newTails) tails.set(conversation, tail);
    return true;
  }

  /** Answers those whose message id is stored already; returns the others. */
  async #withoutKnown(decided: readonly Decided[]): Promise<Decided[]> {
    const looked = await Promise.all(decided.map(async (one) => {
      const { user, command } = one.submission.request;
      const key = command.t === "send" ? keyOf.sent(user, command.id) : null;
      const entry = key === null ? null : await this.#parts.store.get(key);
      return { one, known: entry === null ? null : decodeRecord(entry, sentRecord) };
    }));
    // Nobody is answered before all have been read: a read that fails concerns all of them.
    return looked.flatMap(({ one, known }) => {
      if (known === null) return [one];
      one.submission.done({ known });
      return [];
    });
  }

  #tell(submission: Submission, decision: Accepted): void {
    const { entries, text } = decision;
    submission.done(text === undefined ? { stored: entries } : { stored: entries, text });
    this.#parts.delivery.deliver(decision);
    this.#delivered = entries.at(-1)?.id ?? this.#delivered;
  }
}
