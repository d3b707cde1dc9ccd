/**
 * The composition root of the operator's subcommands: through the admin socket where a server runs, and
 * on the data folder itself where none does.
 *
 * @module
 */

import { resolve } from "node:path";
import { decodeBase64Url } from "../cipher/base64url.ts";
import { answerAdmin } from "./admin.ts";
import { type AdminLink, connectAdmin } from "./admin_client.ts";
import { adminSocketPath } from "./admin_socket.ts";
import { type DataFolder, defaultDataFolder, FolderInUse, openDataFolder } from "./data_folder.ts";
import { openKvStore } from "./kv_store.ts";
import { Operator } from "./operator.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { decodeRecord } from "./record.ts";
import { openService } from "./service.ts";
import { StartError } from "./start_error.ts";
import type { Store } from "./store.ts";
import { keyOf, realmRecord } from "./tables.ts";

/** Milliseconds between two looks at a lock. */
const LOOK_MS = 50;

/** Says which folder is meant. */
export function chosenFolder(data: string | undefined): string {
  return resolve(data ?? defaultDataFolder(Deno.build.os, (name) => Deno.env.get(name)));
}

/**
 * Connects to the server of a data folder.
 *
 * @param data As given by the operator.
 * @throws {StartError} If none runs, or it cannot be reached.
 */
export async function connectToServer(data: string | undefined): Promise<AdminLink> {
  const folder = chosenFolder(data);
  const link = await connectAdmin(adminSocketPath(folder));
  if (link !== null) return link;
  await refuseWithoutDatabase(folder);
  using _free = await openFree(folder);
  throw new StartError(`Cannot reach a server on ${folder}: none is running. Start it first.`);
}

/**
 * Connects to the server of a data folder, or does its work where none runs.
 *
 * @param data As given by the operator.
 * @throws {StartError} If there is no such folder, or its server cannot be reached.
 */
export async function openOperator(data: string | undefined): Promise<AdminLink> {
  const folder = chosenFolder(data);
  const link = await connectAdmin(adminSocketPath(folder));
  if (link !== null) return link;
  await refuseWithoutDatabase(folder);
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await openFree(folder));
  const store = stack.use(await openKvStore(opened.storeFile));
  const service = stack.use(
    await openService({
      store,
      policy: DEFAULT_POLICY,
      realm: await realmOf(store),
      now: Date.now,
      uptime: () => performance.now(),
      isDiskFull: () => false,
      failed: () => {},
    }),
  );
  const parts = {
    operator: new Operator(service),
    status: () => Promise.resolve(["No server is running."]),
    stop: () => ({ refused: "no server is running" }),
  };
  const resources = stack.move();
  return {
    ask: (request) => answerAdmin(request, parts),
    gone: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * Waits until a server that was told to stop has given its folder free.
 *
 * @param data As given by the operator.
 * @param options `ms`: the most to wait.
 * @throws {StartError} If it takes longer.
 */
export async function awaitStopped(
  data: string | undefined,
  { ms }: { readonly ms: number },
): Promise<void> {
  const folder = chosenFolder(data);
  for (const end = performance.now() + ms; performance.now() < end;) {
    using free = await lockIfFree(folder);
    if (free !== null) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new StartError(
    `Cannot see the server on ${folder} end: it was told to stop, and still has its folder. ` +
      "Look at its log.",
  );
}

/**
 * Locks a folder that no server is using.
 *
 * @param folder A data folder.
 * @returns The lock; `null` where a server has it.
 * @throws {StartError} If the folder cannot be used.
 */
export async function lockIfFree(folder: string): Promise<DataFolder | null> {
  try {
    return await openDataFolder(folder);
  } catch (error) {
    if (error instanceof FolderInUse) return null;
    throw error;
  }
}

/**
 * Makes sure that a folder has been a server's: nothing is made by asking about it.
 *
 * @param folder A data folder.
 * @throws {StartError} If there is no database in it.
 */
export async function refuseWithoutDatabase(folder: string): Promise<void> {
  try {
    await Deno.stat(resolve(folder, "chat.kv"));
  } catch (error) {
    const cause = error instanceof Deno.errors.NotFound
      ? "there is no database in it"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new StartError(
      `Cannot use data folder ${folder}: ${cause}. Give the folder of the server with --data DIR.`,
    );
  }
}

async function openFree(folder: string): Promise<DataFolder> {
  const free = await lockIfFree(folder);
  if (free !== null) return free;
  throw new StartError(
    `Cannot reach the server on ${folder}: it runs without an admin socket. ` +
      `Start it with --allow-net=unix:${adminSocketPath(folder)}, or stop it first.`,
  );
}

async function realmOf(store: Store): Promise<Uint8Array> {
  const stored = await store.get(keyOf.realm());
  if (stored !== null) return decodeBase64Url(decodeRecord(stored, realmRecord).realm);
  throw new StartError("Cannot use database: it is new. Start the server once.");
}
