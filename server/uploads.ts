/**
 * Wraps that have come, and whose epoch record has not (FTC1 §7.4, §7.5).
 *
 * They are written at once, under the hash of the record that is to come, with a marker beside. The
 * record takes the marker away in its own commit; a record without all wraps does not exist. What is
 * not completed in time, is refused, gives way to newer ones, or was under way when the server ended,
 * is deleted. Wraps of an epoch that has been made are never written here: each commit checks that
 * there is none.
 *
 * @module
 */

import { encodeRecord } from "./record.ts";
import type { Policy } from "./policy.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type Key, type Store, STORE_LIMITS } from "./store.ts";
import { keyOf, prefixOf } from "./tables.ts";

/** One wrap. */
export interface StagedWrap {
  /** For whom; canonical. */
  readonly user: string;
  /** The fingerprint that he will be listed with, base64url. */
  readonly fp: string;
  /** Base64url. */
  readonly wrap: string;
}

interface Upload {
  readonly owner: string;
  readonly since: number;
  readonly members: Map<string, string>;
  /** Writings under way, and uses by an epoch that is being decided: it must not go meanwhile. */
  uses: number;
}

/** Uploads that are under way. */
export class Uploads {
  readonly #store: Store;
  readonly #options: {
    readonly policy: Pick<Policy, "stagedMs" | "stagedPerAccount">;
    readonly mostMembers: number;
    readonly failed: (error: unknown) => void;
  };
  readonly #uploads = new Map<string, Upload>();
  /** Deletions under way, by hash. */
  readonly #deleting = new Map<string, Promise<void>>();

  /**
   * Makes an empty one.
   *
   * @param store Where wraps are.
   * @param options Bounds; who is told of wraps that could not be deleted: the next start does that.
   */
  constructor(
    store: Store,
    options: {
      readonly policy: Pick<Policy, "stagedMs" | "stagedPerAccount">;
      readonly mostMembers: number;
      readonly failed: (error: unknown) => void;
    },
  ) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Deletes what was under way when the server ended. To be called before anything is added.
   *
   * @throws {Error} If the store fails.
   */
  async clear(): Promise<void> {
    for await (const { key } of this.#store.scan(prefixOf.staged)) {
      const hash = String(key[1]);
      const made = await this.#store.get(keyOf.made(hash));
      await (made === null ? this.#delete(hash) : this.#store.commit({ deletes: [key] }));
    }
  }

  /**
   * Writes wraps; of two for one user the later one holds.
   *
   * @param hash Of the record, base64url.
   * @param wraps Of right shape.
   * @param options Whose they are; milliseconds of a clock that never goes back.
   * @returns Why they are not taken, or `null`: they are stored.
   * @throws {Error} If the store fails.
   */
  async add(
    hash: string,
    wraps: readonly StagedWrap[],
    options: { readonly owner: string; readonly now: number },
  ): Promise<Refusal | null> {
    const { owner, now } = options;
    this.sweep(now);
    // What is written while its hash is being deleted would go as well.
    await this.#deleting.get(hash);
    const found = this.#uploads.get(hash);
    if (found !== undefined && found.owner !== owner) return refuse.badRecord();
    if (found === undefined && !this.#makeRoom(owner)) return refuse.tooManyUploads();
    const upload = found ?? { owner, since: now, members: new Map<string, string>(), uses: 0 };
    const users = new Set([...upload.members.keys(), ...wraps.map(({ user }) => user)]);
    if (users.size > this.#options.mostMembers) return refuse.tooManyMembers();
    this.#uploads.set(hash, upload);
    upload.uses++;
    try {
      if (!(await this.#write(hash, wraps, owner))) {
        this.#forget(hash, upload);
        return refuse.badRecord();
      }
      for (const { user, fp } of wraps) upload.members.set(user, fp);
      return null;
    } finally {
      upload.uses--;
    }
  }

  /**
   * Takes hold of an upload for the record that has come; it stays until it is let go.
   *
   * @param hash Of the record, base64url.
   * @param options Who has sent the record; milliseconds as in `add`.
   * @returns Fingerprints by name, none where nothing has been sent; and `done`, to be called when it
   *   is certain that the epoch was made, or was not: then `keep` says whether it may be tried again.
   */
  take(
    hash: string,
    options: { readonly owner: string; readonly now: number },
  ): {
    readonly members: ReadonlyMap<string, string>;
    readonly done: (outcome: "made" | "refused" | "keep") => void;
  } {
    this.sweep(options.now);
    const upload = this.#uploads.get(hash);
    if (upload?.owner !== options.owner) return { members: new Map(), done: () => {} };
    upload.uses++;
    return {
      members: new Map(upload.members),
      done: (outcome) => {
        upload.uses--;
        if (outcome === "made") this.#forget(hash, upload);
        if (outcome === "refused" && upload.uses === 0) this.#drop(hash, upload);
      },
    };
  }

  /** Deletes what was not completed in time. */
  sweep(now: number): void {
    for (const [hash, upload] of this.#uploads) {
      const isOver = now - upload.since >= this.#options.policy.stagedMs;
      if (isOver && upload.uses === 0) this.#drop(hash, upload);
    }
  }

  /** Resolves when what is being deleted is deleted. */
  async settled(): Promise<void> {
    await Promise.all(this.#deleting.values());
  }

  /** Whoever is cut off before the record leaves an upload behind: the oldest one gives way. */
  #makeRoom(owner: string): boolean {
    const own = [...this.#uploads].filter(([, upload]) => upload.owner === owner);
    if (own.length < this.#options.policy.stagedPerAccount) return true;
    const oldest = own.find(([, { uses }]) => uses === 0);
    if (oldest === undefined) return false;
    this.#drop(...oldest);
    return true;
  }

  #write(hash: string, wraps: readonly StagedWrap[], owner: string): Promise<boolean> {
    const byUser = new Map(wraps.map(({ user, wrap }) => [user, wrap]));
    const records: (readonly [Key, unknown])[] = [
      [keyOf.staged(hash), { user: owner }],
      ...[...byUser].map(([user, wrap]) => [keyOf.wrap(hash, user), { wrap }] as const),
    ];
    return this.#store.commit({
      checks: [{ key: keyOf.made(hash), version: null }],
      sets: records.map(([key, value]) => ({ key, value: encodeRecord(key, value) })),
    });
  }

  #forget(hash: string, upload: Upload): void {
    if (this.#uploads.get(hash) === upload) this.#uploads.delete(hash);
  }

  #drop(hash: string, upload: Upload): void {
    this.#forget(hash, upload);
    const deleting = this.#delete(hash)
      .catch((error) => this.#options.failed(error))
      .finally(() => this.#deleting.delete(hash));
    this.#deleting.set(hash, deleting);
  }

  /** The marker goes last: until then the next start goes on. */
  async #delete(hash: string): Promise<void> {
    const most = STORE_LIMITS.mutations / 2;
    for (let more = true; more;) {
      const stored = await this.#store.list({ prefix: prefixOf.wraps(hash), limit: most });
      more = stored.length === most;
      const deletes = stored.map(({ key }) => key);
      const done = await this.#store.commit({
        checks: [{ key: keyOf.made(hash), version: null }],
        deletes: more ? deletes : [...deletes, keyOf.staged(hash)],
      });
      if (!done) return;
    }
  }
}
