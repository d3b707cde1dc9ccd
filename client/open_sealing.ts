/**
 * Makes the end-to-end encryption of an account, with the messages that wait in its journal.
 *
 * @module
 */

import type { Account } from "./account.ts";
import { EndToEnd } from "./end_to_end/end_to_end.ts";
import { Locked } from "./end_to_end/locked.ts";
import type { Face } from "./face.ts";
import type { PendingJournal } from "./pending_journal.ts";
import type { Sealing } from "./sealing.ts";

/** What it is made of. */
export interface SealingOptions {
  /** Whose. */
  readonly account: Account;
  /** The root of the identity, 32 octets; `null` where the vault does not open. */
  readonly root: Uint8Array | null;
  /** Where pending messages are, with their tokens. */
  readonly journal: Pick<PendingJournal, "find" | "keep" | "stored">;
  /** Who is told about keys. */
  readonly face: Face;
  /** The client's data folder; `null` where there is none. */
  readonly data: string | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Makes ids that are unique in the account. */
  readonly newId: () => string;
  /** Told of a bug. */
  readonly failed: (error: unknown) => void;
}

/**
 * Makes it.
 *
 * @param options Whose, and what it works with.
 * @returns What seals and opens; where the vault does not open, what refuses.
 */
export async function openSealing(options: SealingOptions): Promise<Sealing> {
  const { account: { user, realm }, root, face, journal, failed } = options;
  if (root === null) return new Locked();
  return await EndToEnd.open({
    ...options,
    user,
    realm,
    root,
    tell: ({ level, text }) => void face.show({ type: "keys", level, text }).catch(failed),
    kept: (id) => journal.find(id)?.sealed,
    keep: async ({ id }, sealed) => {
      const message = journal.find(id);
      if (message !== undefined) journal.keep({ ...message, sealed });
      await journal.stored();
    },
  });
}
