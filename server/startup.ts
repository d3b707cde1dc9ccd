/**
 * What a server needs before it can start: shared secret, limits, identity, a place to listen.
 *
 * Each that is not to be had is a `StartError`: one line with cause and remedy.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../cipher/base64url.ts";
import { importServerIdentity, type ServerIdentity } from "../cipher/server_identity.ts";
import { parseSharedSecret } from "../cipher/shared_secret.ts";
import type { DataFolder } from "./data_folder.ts";
import { openKeyFile } from "./key_file.ts";
import { parseLimits } from "./limits_file.ts";
import type { Logger } from "./log.ts";
import { DEFAULT_POLICY, type Policy } from "./policy.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { StartError } from "./start_error.ts";
import type { Store, StoredEntry } from "./store.ts";
import { keyOf, prefixOf, realmRecord } from "./tables.ts";

/**
 * Reads the limits.
 *
 * @param path A file, or `undefined` for the default ones.
 * @throws {StartError} If it is not to be read or not right.
 */
export async function readLimits(path: string | undefined): Promise<Policy> {
  if (path === undefined) return DEFAULT_POLICY;
  try {
    return parseLimits(await Deno.readTextFile(path), path);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Cannot read limits ${path}: ${message(error)}. Give a file of JSON.`);
  }
}

/**
 * Begins to listen.
 *
 * @param address Host (an IPv6 literal may stand in brackets) and port.
 * @throws {StartError} If the address is not to be had.
 */
export function listen(
  address: { readonly host: string; readonly port: number },
): Deno.TcpListener {
  const { host: hostname, port } = address;
  try {
    return Deno.listen({ hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new StartError(
        `Cannot listen on ${hostname} port ${port}: the port is in use. ` +
          `Stop the other program, or take another port (0 takes any free one).`,
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new StartError(
        `Cannot listen on ${hostname} port ${port}: not permitted. Take a port above 1023.`,
      );
    }
    throw new StartError(
      `Cannot listen on ${hostname} port ${port}: ${message(error)}. ` +
        `Give an address of this machine, such as 127.0.0.1 or 0.0.0.0.`,
    );
  }
}

/**
 * Reads the shared secret.
 *
 * @param path A file, or `undefined` for none.
 * @returns 32 octets, or `null` for none.
 * @throws {StartError} If it is not to be read or not one.
 */
export async function readSecret(path: string | undefined): Promise<Uint8Array | null> {
  if (path === undefined) return null;
  try {
    return parseSharedSecret(await Deno.readTextFile(path));
  } catch (error) {
    throw new StartError(
      `Cannot read shared secret ${path}: ${message(error)}. ` +
        `Make one with: deno run -A mod.ts secret ${path}`,
    );
  }
}

/**
 * Reads or makes the identity of the server, and stores the realm with the first one.
 *
 * @param folder The data folder, locked.
 * @param options The database in it; the log.
 * @throws {StartError} If the key file is not right (FTC1 §5).
 */
export async function openIdentity(
  folder: DataFolder,
  { store, log }: { readonly store: Store; readonly log: Logger },
): Promise<ServerIdentity> {
  const key = keyOf.realm();
  const stored = await store.get(key);
  const accounts = await store.list({ prefix: prefixOf.accounts, limit: 1 });
  const file = await openKeyFile(folder.keyFile, {
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    storedRealm: stored === null ? null : readRealm(stored, folder.storeFile),
    hasAccounts: accounts.length > 0,
  });
  if (stored === null) {
    const value = encodeRecord(key, { realm: encodeBase64Url(file.realm) });
    await store.commit({ checks: [{ key, version: null }], sets: [{ key, value }] });
  }
  for (const notice of [...folder.notices, ...file.notices]) log.warn(notice);
  return await importServerIdentity(file.identitySeed, file.realm);
}

function readRealm(stored: StoredEntry, path: string): Uint8Array {
  try {
    return decodeBase64Url(decodeRecord(stored, realmRecord).realm);
  } catch (error) {
    throw new StartError(
      `Cannot read the realm in database ${path}: ${message(error)}. Restore it from a backup.`,
    );
  }
}

function message(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\.?\s*$/, "");
}
