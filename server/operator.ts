/**
 * What an operator may do with accounts (FTC1 §4.4, §4.7): list, allow, block, unblock, reset, delete.
 *
 * An end of an account goes through the journal like any change of a group, since what is decided
 * afterwards depends on it. It is *not* a way to a password: nobody, the operator included, can set one.
 *
 * @module
 */

import { encodeEvent } from "../protocol/codec.ts";
import { isGroupName } from "./group_name.ts";
import type { Outcome } from "./journal.ts";
import { decodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";
import { standingWrite } from "./standings.ts";
import type { Batch } from "./store.ts";
import { accountRecord, keyOf, prefixOf, type Standing } from "./tables.ts";

const DAY_MS = 86_400_000;

/** Accounts in one page of the list. */
const PAGE = 200;

/** What became of an order: a sentence, or why it was not carried out. */
export type Result = { readonly text: string } | { readonly refused: string };

/** Some lines of the list of accounts. */
export interface AccountPage {
  /** Name, day of making, standing: one account each, sorted by name. */
  readonly lines: readonly string[];
  /** The name to go on after, where there are more. */
  readonly more?: string;
}

/** Carries out the orders of an operator. */
export class Operator {
  readonly #service: Service;

  /**
   * Makes an `Operator`.
   *
   * @param service The chat.
   */
  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * Lists accounts, and names that the operator has decided about.
   *
   * @param after The last name of the page before; `""` for the first page.
   */
  async list(after: string): Promise<AccountPage> {
    const { directory, presence, options: { store, now } } = this.#service;
    const stored = await store.list({ prefix: prefixOf.accounts, from: after, limit: PAGE + 1 });
    const accounts = stored.filter(({ key }) => key[1] !== after).slice(0, PAGE);
    const last = accounts.at(-1)?.key[1];
    const more = stored.length > PAGE && typeof last === "string" ? last : undefined;
    const lines = new Map(accounts.map((entry) => {
      const user = String(entry.key[1]);
      const standing = directory.standings.of(user, now());
      const state = [standing?.standing, presence.isOnline(user) ? "online" : undefined];
      return [user, listLine(user, createdOf(entry), state.filter((one) => one !== undefined))];
    }));
    for (const [user, standing] of directory.standings.all(now())) {
      if (lines.has(user) || user <= after || (more !== undefined && user > more)) continue;
      if (!directory.hasUser(user)) lines.set(user, listLine(user, "-", [meaningOf(standing)]));
    }
    const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
    return more === undefined ? { lines: sorted } : { lines: sorted, more };
  }

  /** Lets a name register although registration is closed. */
  async allow(user: string): Promise<Result> {
    const { conversations, directory, options: { now, policy } } = this.#service;
    if (directory.hasUser(user)) return { refused: `there is an account ${user} already` };
    if (isGroupName({ conversations, policy }, user, now())) {
      return { refused: `${user} is the name of a group` };
    }
    const standing = directory.standings.of(user, now());
    if (standing?.standing === "deleted") return { refused: meaningOf(standing) };
    await this.#stand(user, { standing: "allowed", at: now() });
    return { text: `${user} may register.` };
  }

  /** Ends the sessions of an account and admits no more. */
  async block(user: string): Promise<Result> {
    const unknown = this.#unknown(user);
    if (unknown !== null) return unknown;
    await this.#stand(user, { standing: "blocked", at: this.#service.options.now() });
    return { text: `${user} is blocked. ${this.#endSessions(user, refuse.blocked())}` };
  }

  /** Takes a block away. */
  async unblock(user: string): Promise<Result> {
    const unknown = this.#unknown(user);
    if (unknown !== null) return unknown;
    if (!this.#isBlocked(user)) return { refused: `the account ${user} is not blocked` };
    await this.#stand(user, null);
    return { text: `${user} is not blocked any more.` };
  }

  /** Ends an account; who registers under its name next, has it. */
  async reset(user: string): Promise<Result> {
    // Else a blocked person would be back with the next registration.
    if (this.#isBlocked(user)) {
      return { refused: `the account ${user} is blocked; unblock it first` };
    }
    const ended = await this.#end(user, { standing: "allowed", at: this.#service.options.now() });
    if ("refused" in ended) return ended;
    return { text: `${user} was reset and may register anew. ${ended.text}` };
  }

  /** Ends an account; its name stays blocked for a while. An allowance is taken back. */
  async delete(user: string): Promise<Result> {
    const { accounts, directory, options: { now, policy } } = this.#service;
    if (!directory.hasUser(user) && accounts.isAllowed(user)) {
      await this.#stand(user, null);
      return { text: `${user} had no account, and may not register any more.` };
    }
    const at = now();
    const until = at + policy.accountNameDays * DAY_MS;
    const ended = await this.#end(user, { standing: "deleted", at, until });
    if ("refused" in ended) return ended;
    return { text: `${user} was deleted; the name is free on ${dayOf(until)}. ${ended.text}` };
  }

  async #end(user: string, standing: Standing): Promise<Result> {
    const unknown = this.#unknown(user);
    if (unknown !== null) return unknown;
    while (this.#service.directory.hasUser(user)) {
      const outcome = await this.#submit(user, standing);
      if ("refused" in outcome) return { refused: outcome.refused.msg };
    }
    const { clientState, directory, options: { failed } } = this.#service;
    const ended = this.#endSessions(user, refuse.deleted());
    // What fails here is done at the next start.
    await clientState.forget(user, () => directory.lineOf(user)[0]).catch(failed);
    return { text: ended };
  }

  #submit(user: string, standing: Standing): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#service.journal.submit({
      request: { user, order: { t: "end_account", standing } },
      done: resolve,
    });
    return promise;
  }

  async #stand(user: string, standing: Standing | null): Promise<void> {
    const { directory, options: { store } } = this.#service;
    const key = keyOf.standing(user);
    // Not for an account that has ended meanwhile, nor for a name that has become one's.
    const account = await store.get(keyOf.account(user));
    const batch: Batch = {
      checks: [{ key: keyOf.account(user), version: account?.version ?? null }],
      ...(standing === null ? { deletes: [key] } : { sets: [standingWrite(user, standing)] }),
    };
    if (!(await store.commit(batch))) {
      throw new Error(`Cannot change ${user}: the account was changed at the same moment`);
    }
    directory.standings.set(user, standing);
  }

  #endSessions(user: string, refusal: Refusal): string {
    const { presence, roster, options: { uptime } } = this.#service;
    const sessions = presence.sessionsOf(user);
    for (const session of sessions) {
      session.send(encodeEvent({ t: "error", ...refusal }));
      roster.leave(user, session, { saidBye: true, now: uptime() });
      void session.close(refusal.code);
    }
    return `Sessions ended: ${sessions.length}.`;
  }

  #isBlocked(user: string): boolean {
    const { directory, options: { now } } = this.#service;
    return directory.standings.of(user, now())?.standing === "blocked";
  }

  #unknown(user: string): { readonly refused: string } | null {
    const { directory } = this.#service;
    if (directory.hasUser(user)) return null;
    const closest = directory.closest(user, []);
    return {
      refused: `there is no account ${user}${closest === null ? "" : `; did you mean ${closest}?`}`,
    };
  }
}

/** The day on which an account was made; a damaged one is still listed. */
function createdOf(entry: Parameters<typeof decodeRecord>[0]): string {
  try {
    return dayOf(decodeRecord(entry, accountRecord).created);
  } catch {
    return "damaged";
  }
}

function listLine(user: string, created: string, state: readonly string[]): string {
  return `${user.padEnd(32)}  ${created.padEnd(10)}  ${state.join(", ")}`.trimEnd();
}

function meaningOf({ standing, until }: Standing): string {
  if (standing === "allowed") return "allowed to register";
  return until === undefined ? standing : `deleted; the name is free on ${dayOf(until)}`;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
