/**
 * The client state: what the sessions of an account remember of peers and conversations.
 *
 * It is at the server, closed to it, so that any device has it with nothing but the password; the head
 * on disk (`state_head.ts`) shows a device in use that the server gives an older one. Then nothing may
 * be sent end to end until the user accepts that. What is remembered is not judged here: `pins.ts`.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { type FernetKey, importKey } from "../../cipher/fernet.ts";
import { stateEntryName } from "../../cipher/state_entry.ts";
import { type Asker, Refused } from "./asker.ts";
import { type StateChange, writesOf } from "./state_change.ts";
import { ACCEPT, explainFault, findFault, headOf } from "./state_fault.ts";
import { BadStateHead, type Head, type StateHead } from "./state_head.ts";
import { readState, type StoredEntries } from "./state_pages.ts";
import { StateTable, type StateView } from "./state_table.ts";
import type { ConversationState, PeerState, RootsState } from "./state_value.ts";
import { purgeState, type StateWrite, writeState } from "./state_writing.ts";

export type { StateChange } from "./state_change.ts";
export type { StateView } from "./state_table.ts";
export type { ConversationState, PeerState } from "./state_value.ts";

/** How often a state is read that another session writes at the same time: it may, between any two pages. */
const READ_TRIES = 12;

/** How often a change is tried in vain against other sessions; one of them always gets on. */
const WRITE_TRIES = 50;

/** What belongs to a client state. */
export interface ClientStateOptions {
  /** Whom to ask. */
  readonly asker: Asker;
  /** From the identity, 32 octets. */
  readonly stateKey: Uint8Array;
  /** What this device has last seen. */
  readonly head: StateHead;
}

interface Shown {
  readonly table: StateTable;
  readonly isWhole: boolean;
}

const NOT_READ = "The keys that you know have not been read from the server yet: try again.";
const NOTHING_KNOWN: StoredEntries = new Map();

/** What the sessions of an account remember. */
export class ClientState implements StateView {
  readonly #options: ClientStateOptions;
  #keys: Promise<{ readonly key: FernetKey; readonly indexName: string }> | null = null;
  #table: StateTable | null = null;
  #trouble: string | null = NOT_READ;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Makes a state that is not read yet.
   *
   * @param options Whose, and what this device has seen.
   */
  constructor(options: ClientStateOptions) {
    this.#options = options;
  }

  /** Why nothing may be sent end to end; `null` where the state is as it should be. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Finds a peer by canonical name. */
  peer(name: string): PeerState | undefined {
    return this.#table?.peer(name);
  }

  /** Finds a conversation by its id, base64url. */
  conversation(id: string): ConversationState | undefined {
    return this.#table?.conversation(id);
  }

  /** Finds the pinned group of a name: that of the highest pin, then the first. */
  groupNamed(name: string): ConversationState | undefined {
    return this.#table?.groupNamed(name);
  }

  /** Former roots, if there are any. */
  get roots(): RootsState | null {
    return this.#table?.roots ?? null;
  }

  /** All peers. */
  get peers(): readonly PeerState[] {
    return this.#table?.peers ?? [];
  }

  /** All conversations. */
  get conversations(): readonly ConversationState[] {
    return this.#table?.conversations ?? [];
  }

  /**
   * Reads what has changed, at every connection. {@linkcode trouble} says whether it can be right.
   *
   * @throws {Refused | CutOff} If there is no answer that makes sense; what was known stays.
   */
  load(): Promise<void> {
    return this.#queue(() => this.#load());
  }

  /**
   * Takes what the server shows as the state, after {@linkcode trouble}; without, does nothing.
   *
   * @throws {Refused | CutOff} If it cannot be read or written.
   */
  accept(): Promise<void> {
    return this.#queue(async () => {
      if (this.#table === null) await this.#load();
      for (let tries = 0; this.#trouble !== null; tries++) {
        if (tries === READ_TRIES) throw busy();
        const shown = await this.#read();
        if (shown === null || !shown.isWhole) {
          throw new Refused({ code: "state", msg: explainFault("incomplete") });
        }
        if (await this.#write(shown.table, [], "replace")) this.#trouble = null;
      }
    });
  }

  /**
   * Remembers something, at the server too. What is the same as before is not written.
   *
   * @param change What, given what is remembered; called again where another session was faster.
   * @throws {Refused | CutOff} If it cannot be written, or while there is {@linkcode trouble}.
   */
  update(change: (state: StateView) => StateChange): Promise<void> {
    return this.#queue(async () => {
      if (this.#table === null) await this.#load();
      for (let tries = 0; tries < WRITE_TRIES; tries++) {
        if (this.#trouble !== null || this.#table === null) {
          throw new Refused({ code: "state", msg: this.#trouble ?? NOT_READ });
        }
        const table = this.#table;
        const { stateKey } = this.#options;
        const writes = await writesOf(change(table), { stateKey, table });
        if (writes.length === 0 || await this.#write(table, writes, "raise")) return;
        // Some batches were taken, so there is less to do.
        if (this.#table !== table) tries = 0;
        await this.#load();
      }
      throw busy();
    });
  }

  /**
   * Deletes what former identities have left (`@rekey`): nothing opens it any more.
   *
   * @throws {Refused | CutOff} If it cannot be deleted; then it is only in the way.
   */
  purge(): Promise<void> {
    return this.#queue(async () => {
      if (this.#table !== null && this.#trouble === null) {
        await purgeState(this.#options.asker, this.#table);
      }
    });
  }

  async #load(): Promise<void> {
    // Before the server is asked: another process may move the head while it answers.
    const head = await this.#readHead();
    if ("fault" in head) return await this.#settle(await this.#read(), head.fault);
    const known = this.#trouble === null ? this.#table?.index?.counter : undefined;
    const isNewest = known !== undefined && (head.seen?.counter ?? 0) <= known;
    for (let tries = 1;; tries++) {
      const shown = await this.#read(isNewest ? known : undefined);
      if (shown === null) return;
      const { table, isWhole } = shown;
      const fault = await findFault(table, { isWhole, head: head.seen });
      // Another session may have written between two pages.
      if (fault !== null && tries < READ_TRIES) continue;
      return await this.#settle(shown, fault === null ? null : explainFault(fault));
    }
  }

  async #settle(shown: Shown | null, trouble: string | null): Promise<void> {
    this.#trouble = trouble;
    if (shown === null) return;
    // What was right before is better than what is wrong now.
    if (trouble === null || this.#table === null) this.#table = shown.table;
    const { index } = shown.table;
    if (trouble === null && index !== null) await this.#options.head.raise(headOf(index));
  }

  async #readHead(): Promise<{ readonly seen: Head | null } | { readonly fault: string }> {
    try {
      return { seen: await this.#options.head.read() };
    } catch (error) {
      if (error instanceof BadStateHead) return { fault: `${error.message} ${ACCEPT}` };
      throw error;
    }
  }

  async #read(unless?: number): Promise<Shown | null> {
    const { key, indexName } = await this.#importKeys();
    const shown = await readState(this.#options.asker, {
      key,
      known: this.#table?.entries ?? NOTHING_KNOWN,
      unless: unless === undefined ? undefined : { entry: indexName, counter: unless },
    });
    if (shown === null) return null;
    return { table: new StateTable(shown.entries, indexName), isWhole: shown.isWhole };
  }

  async #write(
    table: StateTable,
    writes: readonly StateWrite[],
    how: "raise" | "replace",
  ): Promise<boolean> {
    const { key, indexName } = await this.#importKeys();
    return await writeState(this.#options.asker, {
      key,
      table,
      indexName,
      writes,
      written: async (next) => {
        this.#table = next;
        if (next.index !== null) await this.#options.head[how](headOf(next.index));
      },
    });
  }

  #importKeys(): Promise<{ readonly key: FernetKey; readonly indexName: string }> {
    const { stateKey } = this.#options;
    return this.#keys ??= Promise.all([
      importKey(stateKey),
      stateEntryName(stateKey, { kind: "index" }),
    ]).then(([key, indexName]) => ({ key, indexName }));
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

function busy(): Refused {
  const msg = "Another session of yours changes the list of the keys that you know: try again.";
  return new Refused({ code: "conflict", msg });
}
