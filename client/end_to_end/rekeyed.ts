/**
 * Whether members whose fingerprints differ have newer keys, signed by those listed before.
 *
 * Source: FTC1 §7.4, change 4.
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import type { Member } from "../../cipher/member_list.ts";
import type { KeyDirectory } from "./key_directory.ts";

/**
 * Finds them.
 *
 * @param before The list before, by name.
 * @param after The list after.
 * @param keys Where key records come from.
 * @returns The names whose listed keys lead, each record signed by the one before, to the new ones.
 */
export async function findRekeyed(
  before: ReadonlyMap<string, Member>,
  after: readonly Member[],
  keys: KeyDirectory,
): Promise<Set<string>> {
  const rekeyed = new Set<string>();
  for (const { name, fingerprint } of after) {
    const old = before.get(name);
    if (old === undefined || equal(old.fingerprint, fingerprint)) continue;
    const known = (await keys.byFingerprint([old].map(subject))).get(old.fingerprint.toHex());
    if (known === undefined) continue;
    const line = await keys.lineage(name, known);
    if (line.some((record) => equal(record.fingerprint, fingerprint))) rekeyed.add(name);
  }
  return rekeyed;
}

function subject({ name, fingerprint }: Member): { user: string; fingerprint: Uint8Array } {
  return { user: name, fingerprint };
}
