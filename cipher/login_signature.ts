/**
 * The three signatures of an account: login, registration, change of password.
 *
 * ```
 * login    : "ftc1 login\0"    ‖ CB ‖ realm ‖ vec8(user)
 * register : "ftc1 register\0" ‖ CB ‖ realm ‖ vec8(user) ‖ kdf(1) ‖ salt(16) ‖ pk(32)
 * passwd   : "ftc1 passwd\0"   ‖ CB ‖ realm ‖ vec8(user) ‖ kdf(1) ‖ new salt ‖ new pk
 * ```
 *
 * The channel binding ties each to one connection, so a relayed one is worth nothing. They do not
 * say whether the account exists or may log in; that is the server's part.
 *
 * Source: FTC1 §4.3.
 *
 * @module
 */

import { concat, label, vec8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import { isSmallOrder } from "./small_order.ts";

/** The number of the derivation in `login.ts`, the only one there is. */
export const KDF_NUMBER = 1;

/** What every signature is bound to. */
export interface LoginContext {
  /** `CB` of the session, 32 octets. */
  readonly channelBinding: Uint8Array;
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** The canonical name. */
  readonly user: string;
}

/** A login that is to be stored: at registration the first, at a change of password the new one. */
export interface NewLogin extends LoginContext {
  /** Its salt, 16 octets. */
  readonly salt: Uint8Array;
  /** Its public key, 32 octets. */
  readonly publicKey: Uint8Array;
}

/**
 * Signs a login.
 *
 * @param key The login key.
 * @param context What it is bound to.
 * @returns 64 octets.
 */
export function signLogin(key: CryptoKey, context: LoginContext): Promise<Uint8Array> {
  return signEd25519(key, loginMessage(context));
}

/**
 * Verifies a login.
 *
 * @param signature What the client sent, of any length.
 * @param context What it must be bound to; `publicKey` is the one stored for the account.
 * @returns False also for a key of small order.
 */
export function verifyLogin(
  signature: Uint8Array,
  context: LoginContext & { readonly publicKey: Uint8Array },
): Promise<boolean> {
  return verifyEd25519(signature, loginMessage(context), { publicKey: context.publicKey });
}

/**
 * Signs a registration.
 *
 * @param key The private key of `login.publicKey`.
 * @param login What is registered.
 * @returns 64 octets.
 * @throws {RangeError} If salt or public key has a wrong length.
 */
export async function signRegister(key: CryptoKey, login: NewLogin): Promise<Uint8Array> {
  return await signEd25519(key, newLoginMessage("ftc1 register", login));
}

/**
 * Verifies a registration under the key that it registers.
 *
 * @param signature What the client sent, of any length.
 * @param login What it registers; salt and public key unchecked.
 * @returns False also for wrong lengths or a key of small order.
 */
export async function verifyRegister(signature: Uint8Array, login: NewLogin): Promise<boolean> {
  if (!hasRightLengths(login)) return false;
  const message = newLoginMessage("ftc1 register", login);
  return await verifyEd25519(signature, message, { publicKey: login.publicKey });
}

/**
 * Signs a change of password. It takes two: one by the old key, one by the new one.
 *
 * @param key The old or the new login key.
 * @param login The new login.
 * @returns 64 octets.
 * @throws {RangeError} If salt or public key has a wrong length.
 */
export async function signPasswd(key: CryptoKey, login: NewLogin): Promise<Uint8Array> {
  return await signEd25519(key, newLoginMessage("ftc1 passwd", login));
}

/**
 * Verifies one of the two signatures of a change of password.
 *
 * @param signature What the client sent, of any length.
 * @param login The new login; salt and public key unchecked.
 * @param options `signer`: the public key it must be by, the stored one or that of the new login.
 * @returns False also for wrong lengths, or if the signer's or the new key is of small order.
 */
export async function verifyPasswd(
  signature: Uint8Array,
  login: NewLogin,
  { signer }: { readonly signer: Uint8Array },
): Promise<boolean> {
  if (!hasRightLengths(login) || isSmallOrder(login.publicKey)) return false;
  const message = newLoginMessage("ftc1 passwd", login);
  return await verifyEd25519(signature, message, { publicKey: signer });
}

function loginMessage({ channelBinding, realm, user }: LoginContext): Uint8Array {
  return concat(label("ftc1 login"), channelBinding, realm, vec8(user));
}

function newLoginMessage(text: string, login: NewLogin): Uint8Array {
  if (!hasRightLengths(login)) {
    throw new RangeError("Cannot sign new login: expected a salt of 16 and a key of 32 octets");
  }
  const { channelBinding, realm, user, salt, publicKey } = login;
  const kdf = Uint8Array.of(KDF_NUMBER);
  return concat(label(text), channelBinding, realm, vec8(user), kdf, salt, publicKey);
}

// The fields follow each other without lengths: only these lengths make the text unambiguous.
function hasRightLengths({ salt, publicKey }: NewLogin): boolean {
  return salt.length === 16 && publicKey.length === 32;
}
