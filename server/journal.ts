/**
 * Messages to the store, in group commits; only then are they acknowledged and delivered.
 *
 * All that arrives while one commit is under way goes into the next one, so the cost of a commit is
 * shared by as many messages as there are, and nobody waits for a timer. What is stored is told by
 * `untold.ts`. Commands are decided one
 * after the other when their commit begins; one that changes what later decisions depend on is the
 * last of its commit.
 *
 * Source: PRODUCT §4; docs/ARCHITECTURE.md.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { Entry } from "../protocol/event.ts";
import {
  type Accepted,
  changesState,
  type Decision,
  type Moment,
  type Request,
  standsAlone,
} from "./decision.ts";
import type { Delivery } from "./delivery.ts";
import type { EntryIds } from "./entry_id.ts";
import type { Hub } from "./hub.ts";
import { JournalCommits } from "./journal_commits.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Store } from "./store.ts";
import type { Tail } from "./tables.ts";
import { Untold } from "./untold.ts";

/** Submissions in one commit: the engine takes 100 checks, one for each message id. */
const MOST_SUBMISSIONS = 100;

/** Octets of text in one commit, so that entries, keys and marks stay below the engine's 819,200. */
const MOST_OCTETS = 400_000;

/** What became of a submission. */
export type Outcome =
  | { readonly stored: readonly Entry[] }
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
  readonly #commits: JournalCommits;
  readonly #untold: Untold;
  #queue: Submission[] = [];
  #running: Promise<void> | null = null;
  /** The message ids of the commit under way. */
  readonly #underWay = new Set<string>();
  /** Look-ups under way of refused messages. */
  readonly #looking = new Set<Promise<void>>();
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
    this.#commits = new JournalCommits({ ...parts, isClosed: () => this.#closed });
    this.#untold = new Untold(parts);
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
    if (this.#closed) return submission.done({ refused: refuse.stopping() });
    this.#queue.push(submission);
    this.#running ??= this.#run();
  }

  /** Takes no more, and resolves when all that was taken is stored or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await Promise.all(this.#looking);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // What the same turn of the event loop brings goes into the same commit.
      await Promise.resolve();
      const decided = this.#decide();
      if (decided.length > 0) await this.#store(decided);
      if (!this.#untold.isDue({ moreWaits: this.#queue.length > 0 })) continue;
      this.#delivered = this.#untold.tell() ?? this.#delivered;
    }
    this.#running = null;
  }

  /** Decides as many as fit into one commit; refusals are answered at once. */
  #decide(): Decided[] {
    const { ids, now } = this.#parts;
    const at = now();
    const decided: Decided[] = [];
    const marks = new Set<string>();
    let octets = 0;
    let taken = 0;
    for (const submission of this.#queue) {
      const { order } = submission.request;
      const mark = markOf(submission.request);
      if (decided.length === MOST_SUBMISSIONS || octets > MOST_OCTETS) break;
      // Twice in one commit: the second is recognised when the first is stored.
      if (mark !== null && marks.has(mark)) break;
      if (standsAlone(order) && decided.length > 0) break;
      taken++;
      const decision = this.#rule(submission, { now: at, nextId: () => ids.next(at) });
      if ("refused" in decision) {
        this.refuse(submission, decision);
        continue;
      }
      if (mark !== null) {
        marks.add(mark);
        this.#underWay.add(mark);
      }
      if (order.t === "send") octets += mostOctets(order);
      decided.push({ submission, decision });
      if (changesState(decision)) break;
    }
    this.#queue = this.#queue.slice(taken);
    return decided;
  }

  /**
   * Refuses a command, but for a message that was stored before, or may be at this moment: then it
   * is no refusal.
   *
   * @param submission Whose.
   * @param refusal Why.
   */
  refuse(submission: Submission, refusal: { readonly refused: Refusal }): void {
    const mark = markOf(submission.request);
    if (mark !== null && this.#underWay.has(mark)) return this.submit(submission);
    const looking: Promise<void> = this.#commits.find(submission.request)
      .then((known) => submission.done(known ?? refusal))
      .finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  /** A bug in a rule concerns the one who asked, not the queue. */
  #rule({ request }: Submission, moment: Moment): Decision {
    try {
      return this.#parts.hub.decide(request, moment);
    } catch (error) {
      this.#parts.failed(error);
      return { refused: refuse.storage() };
    }
  }

  async #store(decided: readonly Decided[]): Promise<void> {
    this.#committingSince = this.#parts.uptime();
    const { stored, failed } = await this.#commits.commit(decided);
    this.#committingSince = null;
    this.#underWay.clear();
    for (const { submission } of failed) submission.done({ refused: refuse.storage() });
    this.#untold.add(stored);
    const lost = new Set(decided).difference(new Set(stored));
    for (const { decision } of lost) decision.hold?.[Symbol.dispose]();
  }
}

/** What a message is recognised by. */
function markOf({ user, order }: Request): string | null {
  return order.t === "send" ? `${user} ${order.id}` : null;
}

/** A sealed body is ASCII. */
function mostOctets({ body, epoch }: CommandOf<"send">): number {
  return epoch === undefined ? body.length * 4 : body.length;
}
