/**
 * `@password`: asks for the old password and the new one, and closes the vault with the new one.
 *
 * Neither leaves this client: the old one is compared with the key that has logged in, and the server
 * gets a public key, signatures by both keys, and the vault. Signatures are made for one connection.
 * Source: FTC1 §4.3, §4.4, §4.7.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { equal } from "../cipher/bytes.ts";
import { deriveLogin, KDF_NUMBER, signPasswd } from "../cipher/login.ts";
import { sealVault } from "../cipher/vault.ts";
import type { Account, Proof } from "./account.ts";
import { type Credentials, NoCredentials } from "./credentials.ts";
import { Refused } from "./end_to_end/asker.ts";
import type { Face } from "./face.ts";
import type { LoginLink } from "./login_exchange.ts";
import { passwordFault } from "./password_rule.ts";
import { type Ask, ask, refusalOf, type Request, show } from "./request.ts";

const RENEWED = "Password changed, and your keys are new. The others are told by their clients.";

/** How often the present password may be typed wrong. */
const TRIES = 3;

/** What a change of the identity takes, beside the password (FTC1 §7.7). */
export interface IdentityChange {
  /** The new root, 32 octets. */
  readonly root: Uint8Array;
  /** Prepares it: its key record, signed by the present identity. */
  readonly prepare: () => Promise<Uint8Array>;
  /** The server has taken it. */
  readonly done: () => void;
}

/** What a change of the password needs. */
export interface PasswordChangeOptions {
  /** Whose. */
  readonly account: Account;
  /** Whom to ask. */
  readonly face: Face;
  /** Asks for the new password. */
  readonly credentials: Credentials;
  /** The connection, or `null` where there is none at present. */
  readonly session: LoginLink["session"] | null;
  /** Whether that is still the connection. */
  readonly isConnected: () => boolean;
  /** For `@rekey`: the identity is changed with it. */
  readonly identity?: IdentityChange;
}

/**
 * Asks, and makes the request. Takes about 0.4 s behind the last answer.
 *
 * @param options Whose, and over what connection.
 * @returns The request, or `null` where nothing is to be done, which has been said.
 */
export async function changePassword(options: PasswordChangeOptions): Promise<Request | null> {
  const { account, face, credentials, session } = options;
  const refuse = async (text: string) => {
    // Somebody who goes on typing passwords must not say them in the chat.
    face.discardTyped();
    await face.show({ type: "refused", text });
    return null;
  };
  if (face.input === "pipe") {
    return await refuse(
      "The password can be changed only where it is typed unseen: in a terminal.",
    );
  }
  if (session === null) return await refuse("There is no connection at present. Try again later.");
  if (account.root === null) {
    return await refuse("The vault of this account cannot be opened: the password must stay.");
  }
  try {
    if (!await provesPresent(options)) {
      return await refuse("Incorrect password. The password was not changed.");
    }
    credentials.forgetPassword();
    const password = await credentials.newPassword(account.user);
    credentials.forgetPassword();
    const root = options.identity?.root ?? account.root;
    const keys = await options.identity?.prepare();
    const { proof, command } = await prepare(password, { account, root, session, keys });
    return send(command, { ...options, proof, root });
  } catch (error) {
    if (error instanceof Refused) return await refuse(error.message);
    if (!(error instanceof NoCredentials)) throw error;
    return await refuse("The password was not changed.");
  }
}

async function provesPresent(
  { account, face, credentials }: PasswordChangeOptions,
): Promise<boolean> {
  for (let left = TRIES; left > 0; left--) {
    const old = await face.askHidden(`Present password for ${account.user}: `);
    if (old === null) throw new NoCredentials();
    if (await isPresent(old, account)) return true;
    if (left > 1) await credentials.complain("Incorrect password.");
  }
  return false;
}

async function isPresent(password: string, { user, realm, proof }: Account): Promise<boolean> {
  if (passwordFault(password) !== null) return false;
  const { publicKey } = await deriveLogin(password, { realm, salt: proof.salt, user });
  return equal(publicKey, proof.publicKey);
}

interface Parts {
  readonly account: Account;
  readonly root: Uint8Array;
  readonly session: LoginLink["session"];
  readonly keys: Uint8Array | undefined;
}

async function prepare(
  password: string,
  { account, root, session, keys }: Parts,
): Promise<{ readonly proof: Proof; readonly command: Ask }> {
  const { user, realm } = account;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const { signKey, publicKey, vaultKey } = await deriveLogin(password, { realm, salt, user });
  const login = { channelBinding: session.channelBinding, realm, user, salt, publicKey };
  const [byOld, byNew, vault] = await Promise.all([
    signPasswd(account.proof.signKey, login),
    signPasswd(signKey, login),
    sealVault(vaultKey, { realm, user, root }),
  ]);
  const command = {
    t: "passwd",
    kdf: KDF_NUMBER,
    salt: encodeBase64Url(salt),
    pk: encodeBase64Url(publicKey),
    old: encodeBase64Url(byOld),
    new: encodeBase64Url(byNew),
    vault,
    ...(keys === undefined ? {} : { keys: encodeBase64Url(keys) }),
  } as const;
  return { proof: { salt, signKey, publicKey }, command };
}

function* send(
  command: Ask,
  options: PasswordChangeOptions & { readonly proof: Proof; readonly root: Uint8Array },
): Request {
  const { account, proof, root, identity, isConnected } = options;
  if (!isConnected()) {
    yield* show({ type: "refused", text: "The connection was lost: the password is as it was." });
    return "done";
  }
  account.offer(proof, root);
  const answer = yield* ask(command);
  if (answer.t === "ok") account.use(proof);
  // Where the answer was lost, the salt at the next login has told which password it is.
  if (account.proof === proof) {
    identity?.done();
    yield* show({ type: "done", text: identity === undefined ? "Password changed." : RENEWED });
  } else yield* show({ type: "refused", text: refusalOf(answer) });
  return "done";
}
