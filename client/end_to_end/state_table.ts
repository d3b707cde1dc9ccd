/**
 * The client state as a table that never changes: entries, what they mean, and the digest over them.
 *
 * FTC1 §7.7 has an index entry that lists all entries with counter and hash, within 4 KiB; that holds
 * for about 70. So the index has their number and one hash instead:
 *
 * ```
 * digest = H("ftc1 state index\0" ‖ for each entry, by name: name(16) ‖ u64 counter ‖ H(token))
 * ```
 *
 * The order is that of the names as text; the index is not in it, nor what does not open under the
 * state key. An entry that is missing, older, damaged or too many changes it.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url, InvalidBase64Url } from "../../cipher/base64url.ts";
import { concat, label, u64 } from "../../cipher/bytes.ts";
import { hash } from "../../cipher/kdf.ts";
import type { StoredEntries, StoredEntry } from "./state_pages.ts";
import type {
  ConversationState,
  IndexValue,
  PeerState,
  RootsState,
  StateValue,
} from "./state_value.ts";

/** What is remembered, to look at. */
export interface StateView {
  /** Finds a peer by canonical name. */
  peer(name: string): PeerState | undefined;
  /** Finds a conversation by its id, base64url. */
  conversation(id: string): ConversationState | undefined;
  /** Finds the pinned group of a name: that of the highest pin, then the first. */
  groupNamed(name: string): ConversationState | undefined;
  /** Former roots, if there are any. */
  readonly roots: RootsState | null;
  /** All peers. */
  readonly peers: readonly PeerState[];
  /** All conversations. */
  readonly conversations: readonly ConversationState[];
}

/** The state at one moment. */
export class StateTable implements StateView {
  /** All entries at the server, by name. */
  readonly entries: StoredEntries;
  /** The index, if there is one that opens. */
  readonly index: StoredEntry & { readonly value: IndexValue } | null = null;
  /** Former roots, if there are any. */
  readonly roots: RootsState | null = null;
  readonly #peers = new Map<string, PeerState>();
  readonly #conversations = new Map<string, ConversationState>();
  readonly #groups = new Map<string, ConversationState>();
  readonly #first = new Map<string, number>();
  readonly #counted: readonly (readonly [string, StoredEntry & { readonly hash: Uint8Array }])[];

  /**
   * Makes a table.
   *
   * @param entries The entries at the server.
   * @param indexName The name of the index.
   */
  constructor(entries: StoredEntries, indexName: string) {
    this.entries = entries;
    const counted: [string, StoredEntry & { readonly hash: Uint8Array }][] = [];
    for (const [name, entry] of entries) {
      const { value } = entry;
      if (name === indexName) {
        if (value !== null && "digest" in value) this.index = { ...entry, value };
        continue;
      }
      if (entry.hash !== null) counted.push([name, { ...entry, hash: entry.hash }]);
      if (value !== null && "roots" in value) this.roots = value.roots;
      else if (value !== null) this.#add(value);
    }
    this.#counted = counted.sort(([a], [b]) => a < b ? -1 : 1);
  }

  /** All peers. */
  get peers(): readonly PeerState[] {
    return [...this.#peers.values()];
  }

  /** All conversations. */
  get conversations(): readonly ConversationState[] {
    return [...this.#conversations.values()];
  }

  /** How many entries the index should count. */
  get count(): number {
    return this.#counted.length;
  }

  /** Finds a peer by canonical name. */
  peer(name: string): PeerState | undefined {
    return this.#peers.get(name);
  }

  /** Finds a conversation by its id, base64url. */
  conversation(id: string): ConversationState | undefined {
    return this.#conversations.get(id);
  }

  /** Finds the pinned group of a name: that of the highest pin, then the first. */
  groupNamed(name: string): ConversationState | undefined {
    return this.#groups.get(name);
  }

  /** The index counter with which an entry was first written, if it holds a peer or a conversation. */
  firstOf(name: string): number | undefined {
    const value = this.entries.get(name)?.value ?? null;
    return value !== null && "first" in value ? value.first : undefined;
  }

  /** Computes the digest of the entries. */
  async digest(): Promise<string> {
    const parts = this.#counted.map(([name, { counter, hash }]) =>
      concat(octetsOf(name), u64(counter), hash)
    );
    return encodeBase64Url(await hash(label("ftc1 state index"), ...parts));
  }

  /** Whether the index counts these entries and no others. */
  async isComplete(): Promise<boolean> {
    if (this.index === null) return this.count === 0;
    const { count, digest } = this.index.value;
    return count === this.count && digest === await this.digest();
  }

  #add(value: StateValue): void {
    if ("peer" in value) this.#peers.set(value.peer.name, value.peer);
    if (!("conversation" in value)) return;
    const { conversation, first } = value;
    const { id, name, kind, pin } = conversation;
    this.#conversations.set(id, conversation);
    this.#first.set(id, first);
    if (kind !== "group") return;
    const other = this.#groups.get(name);
    const isAhead = other === undefined || pin > other.pin ||
      (pin === other.pin && first < (this.#first.get(other.id) ?? 0));
    if (isAhead) this.#groups.set(name, conversation);
  }
}

function octetsOf(name: string): Uint8Array {
  try {
    return decodeBase64Url(name, { length: 16 });
  } catch (error) {
    // The token names it, so it is one of ours; but no name that this version makes.
    if (error instanceof InvalidBase64Url) return label(name);
    throw error;
  }
}
