/**
 * A new password: salt, login key and vault in one atomic write (FTC1 §4.7); at `@rekey` the next key
 * record as well (FTC1 §7.7).
 *
 * The old vault is gone with it. Signed by the old login key, so that who finds an open session cannot
 * take the account, and by the new one, so that nobody locks himself out.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../cipher/base64url.ts";
import { isConfirmedBy, type KeyRecord } from "../cipher/key_record.ts";
import { verifyPasswd } from "../cipher/login.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { Channel } from "./accounts.ts";
import { decodeOctets, isVault, KEY_OCTETS, SALT_OCTETS, SIGNATURE_OCTETS } from "./credentials.ts";
import { commitCertainly } from "./certain_commit.ts";
import { keyRecordWrite, MOST_KEY_RECORDS, readKeyRecord } from "./key_records.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { Store } from "./store.ts";
import { type Account, accountRecord, keyOf } from "./tables.ts";

/** What became of it; `line`: the fingerprints of the account, where they have changed. */
export type PasswordChange =
  | { readonly changed: true; readonly line?: readonly string[] }
  | { readonly changed: false; readonly code: "bad_login" | "bad_request" };

const BAD_LOGIN = { changed: false, code: "bad_login" } as const;
const BAD_REQUEST = { changed: false, code: "bad_request" } as const;

/**
 * Changes the password of an account.
 *
 * Of two changes at once exactly one wins: the other was signed by a key that is the old one no more.
 *
 * @param command As sent.
 * @param options Where accounts are, whose, and the channel that the signatures were made for.
 * @throws {Error} If the store fails: then nothing has changed, or what was done cannot be known.
 */
export async function changePassword(
  command: CommandOf<"passwd">,
  options: { readonly store: Store; readonly user: string; readonly channel: Channel },
): Promise<PasswordChange> {
  const { store, user, channel } = options;
  const salt = decodeOctets(command.salt, SALT_OCTETS);
  const publicKey = decodeOctets(command.pk, KEY_OCTETS);
  if (salt === null || publicKey === null || !isVault(command.vault)) return BAD_REQUEST;
  const [byOld, byNew] = [command.old, command.new]
    .map((signature) => decodeOctets(signature, SIGNATURE_OCTETS));
  if (!byOld || !byNew) return BAD_LOGIN;
  const key = keyOf.account(user);
  const stored = await store.get(key);
  if (stored === null) return BAD_LOGIN;
  const account = decodeRecord(stored, accountRecord);
  const login = { ...channel, user, salt, publicKey };
  const oldKey = decodeBase64Url(account.pk);
  if (!(await verifyPasswd(byOld, login, { signer: oldKey }))) return BAD_LOGIN;
  if (!(await verifyPasswd(byNew, login, { signer: publicKey }))) return BAD_LOGIN;
  const { kdf, salt: newSalt, pk, vault, keys } = command;
  const next = keys === undefined ? null : await nextKeys(keys, { account, realm: channel.realm });
  if (keys !== undefined && next === null) return BAD_REQUEST;
  const fields = next === null ? {} : { keys, line: next.line };
  const value = encodeRecord(key, { ...account, kdf, salt: newSalt, pk, vault, ...fields });
  const done = await commitCertainly(store, {
    checks: [{ key, version: stored.version }],
    sets: [{ key, value }, ...(next === null ? [] : [keyRecordWrite(next.record)])],
  });
  if (!done) return BAD_LOGIN;
  return next === null ? { changed: true } : { changed: true, line: next.line };
}

/** The next key record of an account, confirmed by the present one (FTC1 §7.2). */
async function nextKeys(
  text: string,
  { account, realm }: { readonly account: Account; readonly realm: Uint8Array },
): Promise<{ readonly record: KeyRecord; readonly line: readonly string[] } | null> {
  const owner = { realm, user: account.user };
  const present = await readKeyRecord(account.keys, owner);
  const record = await readKeyRecord(text, owner);
  if (present === null || record?.generation !== present.generation + 1) return null;
  if (!(await isConfirmedBy(record, present))) return null;
  const old = account.line ?? [encodeBase64Url(present.fingerprint)];
  const fingerprint = encodeBase64Url(record.fingerprint);
  if (old.includes(fingerprint) || old.length >= MOST_KEY_RECORDS) return null;
  return { record, line: [...old, fingerprint] };
}
