/**
 * Opens the journal of a session and takes over what earlier runs have left.
 *
 * @module
 */

import type { Account } from "./account.ts";
import type { Face } from "./face.ts";
import { pendingFolder } from "./pending_folder.ts";
import { PendingJournal } from "./pending_journal.ts";
import { isOld, type PendingMessage } from "./pending_message.ts";
import { pendingKey } from "./pending_record.ts";

/** A journal and what is in it from the beginning. */
export interface Pending {
  /** The journal of this session. */
  readonly journal: PendingJournal;
  /** Messages to be sent now, in order. */
  readonly fresh: readonly PendingMessage[];
  /** Messages that are not sent without asking. */
  readonly old: readonly PendingMessage[];
}

/**
 * Opens the journal.
 *
 * @param options Whose, in which data folder, whom to tell; `now` in milliseconds since 1970.
 * @returns What is pending.
 */
export async function openPending(options: {
  readonly account: Account;
  readonly data: string | null;
  readonly face: Face;
  readonly now: number;
}): Promise<Pending> {
  const { account, data, face, now } = options;
  const notice = (text: string) => face.notice(text);
  const place = await placeOf(account, data);
  if ("none" in place && account.root === null) {
    await notice(
      "The vault of this account cannot be opened: messages that are not sent yet are kept only " +
        "while this client runs.",
    );
  }
  const journal = new PendingJournal({ place, notice });
  const adopted = await journal.adopt();
  const fresh = adopted.filter((message) => !isOld(message, now));
  if (fresh.length > 0) {
    const some = fresh.length === 1 ? "1 message" : `${fresh.length} messages`;
    await notice(`Sending ${some} of an earlier run.`);
  }
  return { journal, fresh, old: adopted.filter((message) => isOld(message, now)) };
}

/**
 * What is pending for a client that only sends, for as long as it runs: nothing is taken over, nothing
 * written.
 *
 * @param face Whom to tell.
 */
export function noPending(face: Face): Pending {
  const journal = new PendingJournal({
    place: { none: null },
    notice: (text) => face.notice(text),
  });
  return { journal, fresh: [], old: [] };
}

/**
 * Takes over what is under the keys of former roots. What is old there is left for the next run to ask about.
 *
 * @param journal The journal of this session.
 * @param options The former roots, 32 octets each; `now` in milliseconds since 1970.
 * @returns Messages to be sent now, in order.
 */
export async function adoptFormer(
  journal: PendingJournal,
  { roots, now }: { readonly roots: readonly Uint8Array[]; readonly now: number },
): Promise<readonly PendingMessage[]> {
  const keys = await Promise.all(roots.map(pendingKey));
  return (await journal.adopt(keys)).filter((message) => !isOld(message, now));
}

async function placeOf(
  account: Account,
  data: string | null,
): Promise<ConstructorParameters<typeof PendingJournal>[0]["place"]> {
  if (account.root === null) return { none: null };
  if (data === null) return { none: "no folder for data is known" };
  return { folder: await pendingFolder(data, account), key: await pendingKey(account.root) };
}
