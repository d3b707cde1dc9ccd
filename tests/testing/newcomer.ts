/**
 * Somebody who registers and logs in, with real keys and signatures but without a password: the
 * login key is random instead of derived (Argon2id takes 0.2 s each time).
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { importEd25519 } from "../../cipher/ed25519.ts";
import { deriveIdentity, generateRoot } from "../../cipher/identity.ts";
import { signKeyRecord } from "../../cipher/key_record.ts";
import { signLogin, signRegister } from "../../cipher/login.ts";
import { sealVault } from "../../cipher/vault.ts";
import type { CommandOf } from "../../protocol/command.ts";
import type { Channel } from "../../server/accounts.ts";

/** Who can make the frames of the login. */
export interface Newcomer {
  /** The name he signs for. */
  readonly user: string;
  /** A registration for a channel. */
  readonly register: (channel: Channel) => Promise<CommandOf<"register">>;
  /** A login for a channel. */
  readonly login: (channel: Channel) => Promise<CommandOf<"login">>;
}

const octets = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Makes somebody with fresh keys. */
export async function newcomer(user: string, realm: Uint8Array): Promise<Newcomer> {
  const salt = octets(16);
  const { privateKey, publicKey } = await importEd25519(octets(32));
  const root = generateRoot();
  const identity = await deriveIdentity(root, { realm, user });
  const keys = encodeBase64Url(await signKeyRecord(identity, { created: 1_795_370_580 }));
  const vault = await sealVault(octets(32), { realm, user, root });
  return {
    user,
    register: async (channel) => ({
      t: "register",
      kdf: 1,
      salt: encodeBase64Url(salt),
      pk: encodeBase64Url(publicKey),
      sig: encodeBase64Url(await signRegister(privateKey, { ...channel, user, salt, publicKey })),
      keys,
      vault,
    }),
    login: async (channel) => ({
      t: "login",
      sig: encodeBase64Url(await signLogin(privateKey, { ...channel, user })),
    }),
  };
}

/** A channel of which nobody else has the binding. */
export function someChannel(realm: Uint8Array): Channel {
  return { channelBinding: octets(32), realm };
}
