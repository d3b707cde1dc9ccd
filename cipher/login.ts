/**
 * From a password to the keys of an account.
 *
 * ```
 * salt' = H("ftc1 kdf 1\0" ‖ realm ‖ salt(16) ‖ vec8(user))
 * mk    = Argon2id(pw, salt', 64 MiB, 3 passes, 4 lanes)
 * login key = Ed25519 of KDF(mk, "", "ftc1 login key");  vault key = KDF(mk, "", "ftc1 vault key")
 * ```
 *
 * It runs on the client: the server sees a public key and signatures (`login_signature.ts`), never
 * the password or anything that logs in elsewhere. The costs belong to `kdf` number 1 and are never
 * negotiated.
 *
 * Source: FTC1 §4.2.
 *
 * @module
 */

import { argon2id } from "./argon2id.ts";
import { label, vec8 } from "./bytes.ts";
import { importEd25519 } from "./ed25519.ts";
import { hash, kdf } from "./kdf.ts";
import { preparePassword } from "./password.ts";

export {
  KDF_NUMBER,
  type LoginContext,
  type NewLogin,
  signLogin,
  signPasswd,
  signRegister,
  verifyLogin,
  verifyPasswd,
  verifyRegister,
} from "./login_signature.ts";

const COST = { memory: 65_536, passes: 3, lanes: 4 } as const;

/** The account a password is for. */
export interface LoginScope {
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** The account's salt, 16 octets. */
  readonly salt: Uint8Array;
  /** The canonical name. */
  readonly user: string;
}

/** What a password gives. */
export interface LoginKeys {
  /** Ed25519 private key, not extractable. */
  readonly signKey: CryptoKey;
  /** Its public key, which the server stores; 32 octets. */
  readonly publicKey: Uint8Array;
  /** The Fernet key of the vault (FTC1 §7.2), 32 octets. */
  readonly vaultKey: Uint8Array;
}

/**
 * Derives the keys of an account. Takes about 0.2 s and 64 MiB.
 *
 * @param password What was typed.
 * @param scope Realm, salt and name; other values give other keys.
 * @returns The keys.
 * @throws {BadPassword} If no account can have that password.
 * @throws {RangeError} If realm, salt or name has a wrong length.
 */
export async function deriveLogin(password: string, scope: LoginScope): Promise<LoginKeys> {
  const { realm, salt, user } = scope;
  if (realm.length !== 16 || salt.length !== 16) {
    throw new RangeError(
      `Cannot derive login: expected realm and salt of 16 octets, got ${realm.length}, ${salt.length}`,
    );
  }
  const prepared = preparePassword(password);
  const fullSalt = await hash(label("ftc1 kdf 1"), realm, salt, vec8(user));
  const master = await argon2id(prepared, fullSalt, COST);
  const { privateKey, publicKey } = await importEd25519(await kdf(master, "", "ftc1 login key"));
  return { signKey: privateKey, publicKey, vaultKey: await kdf(master, "", "ftc1 vault key") };
}
