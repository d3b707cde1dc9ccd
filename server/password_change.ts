/**
 * A new password: salt, login key and vault in one atomic write (FTC1 §4.7).
 *
 * The old vault is gone with it. Signed by the old login key, so that who finds an open session cannot
 * take the account, and by the new one, so that nobody locks himself out.
 *
 * @module
 */

import { decodeBase64Url } from "../cipher/base64url.ts";
import { verifyPasswd } from "../cipher/login.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { Channel } from "./accounts.ts";
import { decodeOctets, isVault, KEY_OCTETS, SALT_OCTETS, SIGNATURE_OCTETS } from "./credentials.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { Store } from "./store.ts";
import { accountRecord, keyOf } from "./tables.ts";

/** What became of it. */
export type PasswordChange = "changed" | "bad_login" | "bad_request";

/**
 * Changes the password of an account.
 *
 * Of two changes at once exactly one wins: the other was signed by a key that is the old one no more.
 *
 * @param command As sent.
 * @param options Where accounts are, whose, and the channel that the signatures were made for.
 * @throws {Error} If the store fails: then nothing has changed, or all of it.
 */
export async function changePassword(
  command: CommandOf<"passwd">,
  options: { readonly store: Store; readonly user: string; readonly channel: Channel },
): Promise<PasswordChange> {
  const { store, user, channel } = options;
  const salt = decodeOctets(command.salt, SALT_OCTETS);
  const publicKey = decodeOctets(command.pk, KEY_OCTETS);
  if (salt === null || publicKey === null || !isVault(command.vault)) return "bad_request";
  const [byOld, byNew] = [command.old, command.new]
    .map((signature) => decodeOctets(signature, SIGNATURE_OCTETS));
  if (!byOld || !byNew) return "bad_login";
  const key = keyOf.account(user);
  const stored = await store.get(key);
  if (stored === null) return "bad_login";
  const account = decodeRecord(stored, accountRecord);
  const login = { ...channel, user, salt, publicKey };
  const oldKey = decodeBase64Url(account.pk);
  if (!(await verifyPasswd(byOld, login, { signer: oldKey }))) return "bad_login";
  if (!(await verifyPasswd(byNew, login, { signer: publicKey }))) return "bad_login";
  const { kdf, salt: newSalt, pk, vault } = command;
  const value = encodeRecord(key, { ...account, kdf, salt: newSalt, pk, vault });
  const done = await store.commit({
    checks: [{ key, version: stored.version }],
    sets: [{ key, value }],
  });
  return done ? "changed" : "bad_login";
}
