/**
 * What a session wants to be remembered, turned into entries.
 *
 * @module
 */

import { decodeBase64Url } from "../../cipher/base64url.ts";
import { stateEntryName } from "../../cipher/state_entry.ts";
import type { StateTable } from "./state_table.ts";
import {
  type ConversationState,
  mergeConversation,
  mergePeer,
  type PeerState,
  type RootsState,
} from "./state_value.ts";
import type { StateWrite } from "./state_writing.ts";

/** What is to be remembered. */
export interface StateChange {
  /** Peers, whole. */
  readonly peers?: readonly PeerState[];
  /** Conversations, whole. */
  readonly conversations?: readonly ConversationState[];
  /** Former roots, whole. */
  readonly roots?: RootsState;
}

/**
 * Merges a change with what is stored.
 *
 * @param change What is wanted.
 * @param options The state key, 32 octets, and the state it is for.
 * @returns What is to be written: nothing that is the same as before.
 */
export async function writesOf(
  change: StateChange,
  { stateKey, table }: { readonly stateKey: Uint8Array; readonly table: StateTable },
): Promise<StateWrite[]> {
  const writes = new Map<string, StateWrite>();
  for (const wanted of change.peers ?? []) {
    const stored = table.peer(wanted.name);
    const peer = stored === undefined ? wanted : mergePeer(stored, wanted);
    if (stored !== undefined && isSame(stored, peer)) continue;
    const name = await stateEntryName(stateKey, { kind: "peer", name: peer.name });
    writes.set(name, { name, value: { peer } });
  }
  for (const wanted of change.conversations ?? []) {
    const stored = table.conversation(wanted.id);
    const conversation = stored === undefined ? wanted : mergeConversation(stored, wanted);
    if (stored !== undefined && isSame(stored, conversation)) continue;
    const id = decodeBase64Url(conversation.id, { length: 32 });
    const name = await stateEntryName(stateKey, { kind: "conv", id });
    writes.set(name, { name, value: { conversation } });
  }
  const { roots } = change;
  if (roots !== undefined && (table.roots === null || !isSame(table.roots, roots))) {
    const name = await stateEntryName(stateKey, { kind: "roots" });
    writes.set(name, { name, value: { roots } });
  }
  return [...writes.values()];
}

function isSame(a: object, b: object): boolean {
  return spell(a) === spell(b);
}

function spell(value: object): string {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return JSON.stringify(fields.sort(([a], [b]) => a < b ? -1 : 1));
}
