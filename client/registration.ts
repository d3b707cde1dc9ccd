/**
 * What a client sends to make an account: login, identity, vault.
 *
 * The password and everything derived from it stays here but for a public key and a signature.
 * Source: FTC1 §4.3, §4.4, §7.1, §7.2.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { deriveIdentity, generateRoot } from "../cipher/identity.ts";
import { signKeyRecord } from "../cipher/key_record.ts";
import { deriveLogin, KDF_NUMBER, type LoginContext, signRegister } from "../cipher/login.ts";
import { sealVault } from "../cipher/vault.ts";
import type { CommandInput } from "../protocol/command.ts";
import { Account } from "./account.ts";

/** The command that makes an account. */
export type Register = Extract<CommandInput, { readonly t: "register" }>;

/** A registration: what is sent, and the account as it will be. */
export interface Registration {
  /** What is sent. */
  readonly command: Register;
  /** The account, once the server has accepted. */
  readonly account: Account;
}

/**
 * Makes the registration of an account. Takes about 0.2 s and 64 MiB.
 *
 * @param password As typed; judged before.
 * @param context The session and the canonical name.
 * @param options `now`: Unix seconds, written into the key record.
 * @returns The registration.
 * @throws {BadPassword} If no account can have that password.
 */
export async function makeRegistration(
  password: string,
  context: LoginContext,
  { now }: { readonly now: number },
): Promise<Registration> {
  const { realm, user } = context;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const { signKey, publicKey, vaultKey } = await deriveLogin(password, { realm, salt, user });
  const root = generateRoot();
  const identity = await deriveIdentity(root, { realm, user });
  const [signature, keys, vault] = await Promise.all([
    signRegister(signKey, { ...context, salt, publicKey }),
    signKeyRecord(identity, { created: now }),
    sealVault(vaultKey, { realm, user, root }),
  ]);
  const command = {
    t: "register",
    kdf: KDF_NUMBER,
    salt: encodeBase64Url(salt),
    pk: encodeBase64Url(publicKey),
    sig: encodeBase64Url(signature),
    keys: encodeBase64Url(keys),
    vault,
  } as const;
  const proof = { salt, signKey, publicKey };
  return { command, account: new Account({ user, realm, root, proof }) };
}
