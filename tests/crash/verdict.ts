/**
 * What a crash run has shown: pure counting, over what the database holds, what every account's history
 * holds and what every process printed.
 *
 * | word | meaning |
 * |---|---|
 * | lost | shown by its sender or typed into a process that lived, but not stored; stored, but missing in a history, or not shown by an account's runs though it lies between what they showed; stored after an older text of the same process that is not stored |
 * | doubled | stored twice; twice in a history; shown twice by one process; shown again by a later one although it had been confirmed |
 * | reordered | shown before an older message of the same conversation; stored before a text that its sender typed earlier |
 * | repeated | shown again by a later process, not yet confirmed when the one before was killed: allowed (PRODUCT §4.3) |
 * | wrong | anything else: a line to somebody who may not read it, or in other words than PRODUCT §3; a line that says that a message is missing or not right, a warning about keys, an error |
 *
 * @module
 */

import {
  ACCOUNTS,
  conversationOf,
  lineFor,
  mayRead,
  type Said,
  type ShownMessage,
  textOf,
} from "./words.ts";

/** A message in the database or in a history. */
export interface Stored {
  /** Of the entry. */
  readonly id: number;
  /** What it is. */
  readonly said: Said;
}

/** What one process did. */
export interface RunRecord {
  /** Messages it showed, in order. */
  readonly shown: readonly ShownMessage[];
  /** Lines it showed that should not be there. */
  readonly extraordinary: readonly string[];
  /** Messages typed into it, in order. */
  readonly typed: readonly Said[];
  /** Whether it lived until it was told to leave. */
  readonly fate: "killed" | "left";
  /** The cursor of the account just before it was killed, where that is known for sure. */
  readonly confirmed: number | null;
}

/** Everything there is to judge. */
export interface Record {
  /** What the database holds, in any order. */
  readonly stored: readonly Stored[];
  /** What each account is told when it asks for its history, in the order it came. */
  readonly histories: ReadonlyMap<string, readonly Stored[]>;
  /** The processes of each account, in order; only the last may have lived. */
  readonly runs: ReadonlyMap<string, readonly RunRecord[]>;
}

/** The count. */
export interface Verdict {
  /** Messages that are stored. */
  readonly messages: number;
  /** A sentence for each. */
  readonly lost: readonly string[];
  /** A sentence for each. */
  readonly doubled: readonly string[];
  /** A sentence for each. */
  readonly reordered: readonly string[];
  /** How often a message was shown again after a kill, as it may be. */
  readonly repeated: number;
  /** A sentence for each. */
  readonly wrong: readonly string[];
}

/** Judges a run. */
export function judge(record: Record): Verdict {
  return new Judge(record).judge();
}

class Judge {
  readonly #record: Record;
  readonly #ids = new Map<string, number>();
  readonly #lost: string[] = [];
  readonly #doubled: string[] = [];
  readonly #reordered: string[] = [];
  readonly #wrong: string[] = [];
  #repeated = 0;

  constructor(record: Record) {
    this.#record = record;
  }

  judge(): Verdict {
    this.#database();
    for (const account of ACCOUNTS) {
      this.#history(account);
      this.#runs(account);
    }
    return {
      messages: this.#record.stored.length,
      lost: this.#lost,
      doubled: this.#doubled,
      reordered: this.#reordered,
      repeated: this.#repeated,
      wrong: this.#wrong,
    };
  }

  #database(): void {
    for (const { id, said } of this.#record.stored.toSorted((a, b) => a.id - b.id)) {
      const text = textOf(said);
      if (this.#ids.has(text)) this.#doubled.push(`"${text}" is stored twice`);
      else this.#ids.set(text, id);
    }
  }

  /** Entries that an account may read, ascending. */
  #readable(account: string): Stored[] {
    return this.#record.stored.filter(({ said }) => mayRead(account, said))
      .sort((a, b) => a.id - b.id);
  }

  #history(account: string): void {
    const found = this.#record.histories.get(account) ?? [];
    const ids = new Set(found.map(({ id }) => id));
    const where = `in the history of ${account}`;
    if (ids.size < found.length) this.#doubled.push(`${found.length - ids.size} entries ${where}`);
    for (const { id, said } of this.#readable(account)) {
      if (!ids.has(id)) this.#lost.push(`"${textOf(said)}" is stored but not ${where}`);
    }
    const readable = new Set(this.#readable(account).map(({ id }) => id));
    for (const { id, said } of found) {
      if (!readable.has(id)) this.#wrong.push(`"${textOf(said)}" should not be ${where}`);
    }
    if (found.some(({ id }, n) => n > 0 && id < (found[n - 1]?.id ?? 0))) {
      this.#reordered.push(`entries ${where}`);
    }
  }

  #runs(account: string): void {
    // The second one of two equal texts has been counted.
    const readable = this.#readable(account)
      .filter(({ id, said }) => this.#ids.get(textOf(said)) === id);
    const seen = new Set<number>();
    let upto = 0;
    let confirmed: number | null = null;
    for (const [n, run] of (this.#record.runs.get(account) ?? []).entries()) {
      const who = `${account}, run ${n + 1}`;
      const ids = this.#shown(run, { account, who });
      for (const id of ids.filter((id) => seen.has(id))) {
        this.#repeated++;
        if (confirmed === null || id > confirmed) continue;
        this.#doubled.push(`entry ${id} was shown again by ${who}, though it had been confirmed`);
      }
      // What lies between the last one shown by a run and the first one of the next was skipped.
      const end = run.fate === "left" ? Infinity : Math.max(...ids);
      const own = new Set(ids);
      const first = Math.min(...ids);
      for (const { id, said } of readable.filter(({ id }) => id <= end && !own.has(id))) {
        if (id > upto || id > first) this.#lost.push(`"${textOf(said)}" was not shown by ${who}`);
      }
      for (const id of ids) seen.add(id);
      upto = Math.max(upto, ...ids);
      confirmed = run.confirmed;
      this.#typed(run, who);
      this.#wrong.push(...run.extraordinary.map((line) => `${who} showed: ${line}`));
    }
  }

  /** The ids of what a run showed, each once. */
  #shown(
    { shown }: RunRecord,
    { account, who }: { readonly account: string; readonly who: string },
  ): number[] {
    const ids = new Set<number>();
    const newest = new Map<string, number>();
    for (const { said, line } of shown) {
      const text = textOf(said);
      const id = this.#ids.get(text);
      if (line !== lineFor(account, said) || !mayRead(account, said)) {
        this.#wrong.push(`${who} showed: ${line}`);
      }
      if (id === undefined) {
        this.#lost.push(`"${text}" was shown by ${who}, but is not stored`);
        continue;
      }
      if (ids.has(id)) {
        this.#doubled.push(`"${text}" was shown twice by ${who}`);
        continue;
      }
      ids.add(id);
      const conversation = conversationOf(said);
      if (id < (newest.get(conversation) ?? 0)) {
        this.#reordered.push(`"${text}" was shown too late by ${who}`);
      }
      newest.set(conversation, Math.max(id, newest.get(conversation) ?? 0));
    }
    return [...ids];
  }

  #typed({ typed, fate }: RunRecord, who: string): void {
    const ids = typed.map((said) => this.#ids.get(textOf(said)));
    // A process that is killed may leave its last lines unread, but none before one that it read.
    const read = fate === "left" ? typed.length : ids.findLastIndex((id) => id !== undefined);
    let newest = 0;
    for (const [n, said] of typed.entries()) {
      const id = ids[n];
      if (id === undefined) {
        if (n < read) this.#lost.push(`"${textOf(said)}" was typed into ${who}, but is not stored`);
      } else {
        if (id < newest) this.#reordered.push(`"${textOf(said)}" was stored too late for ${who}`);
        newest = Math.max(newest, id);
      }
    }
  }
}
