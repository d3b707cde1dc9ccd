/**
 * Questions about key records: the present one of a user, one with a fingerprint, the line of them
 * (FTC1 §7.2, §7.4).
 *
 * @module
 */

import type { CommandOf, RequestId } from "../protocol/command.ts";
import type { EventOf } from "../protocol/event.ts";
import { MAX_PAGE_OCTETS } from "../protocol/limits.ts";
import { canonicalName } from "../protocol/name.ts";
import { decodeOctets } from "./credentials.ts";
import { chunks } from "./epoch_pieces.ts";
import type { KeyQuestion } from "./key_records.ts";
import type { Service } from "./service.ts";

/** Records read at once: they fill a page. */
const CHUNK = 24;

/** Octets of a fingerprint. */
const FINGERPRINT_OCTETS = 32;

/** What is looked at. */
export type KeyParts = Pick<Service, "directory" | "keyRecords">;

type Answer = EventOf<"keys">["m"][number];

/** Answers the first of the questions, as many as fit. */
export async function askKeys(
  { directory, keyRecords }: KeyParts,
  { command: { id, of } }: { readonly command: CommandOf<"keys"> },
): Promise<EventOf<"keys">> {
  const m: Answer[] = [];
  let octets = 0;
  for (const some of chunks(of, CHUNK)) {
    const questions = some.map(({ user: typed, fp }) => questionOf(typed, { fp, directory }));
    const known = questions.filter((one) => one !== null);
    const texts = await keyRecords.texts(known);
    const found = new Map(known.map((question, i) => [question, texts[i] ?? null]));
    for (const [i, { user: typed }] of some.entries()) {
      const question = questions[i] ?? null;
      const keys = question === null ? null : found.get(question) ?? null;
      const user = canonicalName(typed) ?? typed;
      const answer: Answer = keys === null ? { user } : { user, keys };
      octets += JSON.stringify(answer).length + 1;
      if (octets > MAX_PAGE_OCTETS && m.length > 0) return { t: "keys", re: id, m };
      m.push(answer);
    }
  }
  return { t: "keys", re: id, m };
}

function questionOf(
  typed: string,
  { fp, directory }: { readonly fp: string | undefined; readonly directory: Service["directory"] },
): KeyQuestion | null {
  const user = canonicalName(typed);
  const fingerprint = fp ?? (user === null ? null : directory.fingerprintOf(user));
  if (user === null || fingerprint === null) return null;
  // Also so that no key of the store gets too long.
  return decodeOctets(fingerprint, FINGERPRINT_OCTETS) === null ? null : { user, fingerprint };
}

/** Tells the records behind the one with a fingerprint, of the present account or of a former one. */
export async function askLineage(
  { directory, keyRecords }: KeyParts,
  { command }: { readonly command: CommandOf<"lineage"> },
): Promise<EventOf<"lineage">> {
  const { id: re, user: typed, from } = command;
  const user = canonicalName(typed) ?? "";
  const line = directory.lineOf(user);
  const at = line.indexOf(from);
  if (at < 0) return await formerLineage(keyRecords, { re, user, from });
  const later = line.slice(at + 1);
  const some = later.slice(0, CHUNK);
  const texts = await keyRecords.texts(some.map((fingerprint) => ({ user, fingerprint })));
  // A gap ends the line: what comes behind it is confirmed by nothing that can be shown.
  const gap = texts.indexOf(null);
  const keys = (gap < 0 ? texts : texts.slice(0, gap)).filter((text) => text !== null);
  return { t: "lineage", re, keys, more: gap < 0 && later.length > some.length };
}

async function formerLineage(
  keyRecords: Service["keyRecords"],
  { re, user, from }: { readonly re: RequestId; readonly user: string; readonly from: string },
): Promise<EventOf<"lineage">> {
  // Also so that no key of the store gets too long.
  const isQuestion = canonicalName(user) === user &&
    decodeOctets(from, FINGERPRINT_OCTETS) !== null;
  const line = isQuestion ? await keyRecords.behind({ user, fingerprint: from }, CHUNK + 1) : [];
  return { t: "lineage", re, keys: line.slice(0, CHUNK), more: line.length > CHUNK };
}
