/**
 * The root of the identity, out of the vault that the server gave at login.
 *
 * @module
 */

import type { IdentityScope } from "../cipher/identity.ts";
import { BadVault, openVault } from "../cipher/vault.ts";

/**
 * Opens a vault.
 *
 * @param vault As it came.
 * @param options The vault key, and whose it must be.
 * @returns The root, 32 octets, or `null` where it does not open or is of another account.
 */
export async function rootIn(
  vault: string,
  { vaultKey, ...owner }: IdentityScope & { readonly vaultKey: Uint8Array },
): Promise<Uint8Array | null> {
  try {
    return await openVault(vaultKey, vault, owner);
  } catch (error) {
    if (error instanceof BadVault) return null;
    throw error;
  }
}
