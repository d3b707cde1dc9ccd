/**
 * Accounts without passwords: what the server stores of one does not say how the login key was made,
 * so tests draw it at random and save Argon2id.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { importEd25519 } from "../../cipher/ed25519.ts";
import type { KeyPair } from "../../cipher/key_pair.ts";
import { KDF_NUMBER, signLogin, signRegister } from "../../cipher/login.ts";
import type { Session } from "../../cipher/session.ts";
import { sealVault } from "../../cipher/vault.ts";
import { personWith } from "./person.ts";

/** The channel that a signature is made for. */
export type Channel = Pick<Session, "channelBinding" | "realm">;

/** The keys of somebody. */
export interface TestAccount {
  /** Canonical name. */
  readonly user: string;
  /** The login key. */
  readonly login: KeyPair;
  /** 16 octets. */
  readonly salt: Uint8Array;
  /** What his identity is derived from, 32 octets. */
  readonly root: Uint8Array;
}

/** Draws the keys of an account. */
export async function testAccount(user: string): Promise<TestAccount> {
  const login = await importEd25519(random(32));
  return { user, login, salt: random(16), root: random(32) };
}

/** Makes the `register` frame of an account for one connection. */
export async function registerFrame(
  { user, login, salt, root }: TestAccount,
  { channelBinding, realm }: Channel,
): Promise<{ readonly t: "register"; readonly [field: string]: unknown }> {
  const context = { channelBinding, realm, user };
  const { keys } = await personWith(root, { realm, user });
  const { privateKey, publicKey } = login;
  return {
    t: "register",
    kdf: KDF_NUMBER,
    salt: encodeBase64Url(salt),
    pk: encodeBase64Url(publicKey),
    sig: encodeBase64Url(await signRegister(privateKey, { ...context, salt, publicKey })),
    keys,
    vault: await sealVault(random(32), { realm, user, root }),
  };
}

/** Signs the login of an account for one connection, base64url. */
export async function loginSignature(account: TestAccount, channel: Channel): Promise<string> {
  const { channelBinding, realm } = channel;
  const context = { channelBinding, realm, user: account.user };
  return encodeBase64Url(await signLogin(account.login.privateKey, context));
}

function random(octets: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(octets));
}
