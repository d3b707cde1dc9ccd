/**
 * The vault: the root of an identity, closed by the password.
 *
 * Fernet token under the vault key of the login; plaintext
 * `"FTCV" 01 ‖ realm(16) ‖ vec8(user) ‖ R(32)`. The server keeps it and gives it to its owner at
 * login. It holds nothing but the root: other secrets are derived from that.
 *
 * Source: FTC1 §7.2.
 *
 * @module
 */

import { concat, equal, utf8, vec8 } from "./bytes.ts";
import { importKey, open, seal } from "./fernet.ts";
import type { IdentityScope } from "./identity.ts";

const HEAD = concat(utf8("FTCV"), Uint8Array.of(1));
const ROOT = 32;

/** Which check a vault failed: it does not open, or it is not this account's. */
export type BadVaultReason = "token" | "owner";

/** A vault that gives no root. */
export class BadVault extends Error {
  /** Always `BadVault`. */
  override readonly name = "BadVault";
  /** The check that failed. */
  readonly reason: BadVaultReason;

  /**
   * Names the failed check.
   *
   * @param reason The check.
   */
  constructor(reason: BadVaultReason) {
    super(`Cannot open vault: ${reason}`);
    this.reason = reason;
  }
}

/** What goes into a vault. */
export interface VaultContent extends IdentityScope {
  /** `R`, 32 octets. */
  readonly root: Uint8Array;
  /** Unix seconds written into the token; the clock by default. */
  readonly now?: number;
  /** The token's iv, for test vectors only; random by default. */
  readonly iv?: Uint8Array;
}

/**
 * Seals a vault.
 *
 * @param vaultKey From the login, 32 octets.
 * @param content Root and owner.
 * @returns The token, as it is sent and stored.
 * @throws {RangeError} If key, realm, name or root has a wrong length.
 */
export async function sealVault(vaultKey: Uint8Array, content: VaultContent): Promise<string> {
  const { realm, user, root, now, iv } = content;
  if (realm.length !== 16 || root.length !== ROOT) {
    throw new RangeError(
      `Cannot seal vault: expected realm and root of 16 and 32 octets, got ${realm.length}, ${root.length}`,
    );
  }
  return await seal(await importKey(vaultKey), concat(head({ realm, user }), root), {
    ...(now === undefined ? {} : { now }),
    ...(iv === undefined ? {} : { iv }),
  });
}

/**
 * Opens a vault.
 *
 * @param vaultKey From the login, 32 octets.
 * @param token The vault as the server gave it.
 * @param owner Whose it must be; realm and name are compared exactly.
 * @returns The root, 32 octets.
 * @throws {BadVault} If it does not open, or is of another account.
 */
export async function openVault(
  vaultKey: Uint8Array,
  token: string,
  owner: IdentityScope,
): Promise<Uint8Array> {
  const key = await importKey(vaultKey);
  const content = await open(key, token).catch(() => {
    throw new BadVault("token");
  });
  const expected = head(owner);
  if (
    content.length !== expected.length + ROOT ||
    !equal(content.subarray(0, expected.length), expected)
  ) {
    throw new BadVault("owner");
  }
  return content.slice(expected.length);
}

function head({ realm, user }: IdentityScope): Uint8Array {
  return concat(HEAD, realm, vec8(user));
}
