/**
 * The server: puts store, chat and connections together, and takes them apart again.
 *
 * The only place that names the real store, clock, sockets, signals and keyboard.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../cipher/base64url.ts";
import { importServerIdentity, type ServerIdentity } from "../cipher/server_identity.ts";
import { parseSharedSecret } from "../cipher/shared_secret.ts";
import { Gate } from "../transport/gate.ts";
import { banner, machineAddresses } from "./banner.ts";
import { serve, type Shared } from "./connection.ts";
import { type DataFolder, defaultDataFolder, openDataFolder } from "./data_folder.ts";
import { openKeyFile } from "./key_file.ts";
import { watchKeyboard } from "./keyboard.ts";
import { openKvStore } from "./kv_store.ts";
import { acceptLoop } from "./listener.ts";
import { type Logger, openLog } from "./log.ts";
import type { ServerOptions } from "./options.ts";
import { writerTo } from "./output.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { openService } from "./service.ts";
import { StartError } from "./start_error.ts";
import { stopSignals } from "./stop_signals.ts";
import type { Store } from "./store.ts";
import { Strangers } from "./strangers.ts";
import { keyOf, prefixOf, realmRecord } from "./tables.ts";

/** Milliseconds after which a stop is over, whatever hangs (PRODUCT §1: within 5 s). */
const STOP_MS = 4_500;

/**
 * Runs the server until it is told to stop.
 *
 * @param options What the operator chose.
 * @param version Version of the program, for the banner.
 * @throws {StartError} If it cannot start: one line with cause and remedy.
 */
export async function runServer(options: ServerOptions, version: string): Promise<void> {
  const print = writerTo(Deno.stdout);
  await using logging = await openLog({
    format: options.logFormat,
    debug: options.debug,
    write: writerTo(Deno.stderr),
  });
  const { log } = logging;
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled rejection: {error}", { error: String(event.reason?.stack) });
  });
  const secret = await readSecret(options.secretFile);
  using folder = await openDataFolder(
    options.data ?? defaultDataFolder(Deno.build.os, (name) => Deno.env.get(name)),
  );
  await using store = await openKvStore(folder.storeFile);
  const identity = await openIdentity(folder, { store, log });
  await using service = await openService({
    store,
    policy: DEFAULT_POLICY,
    realm: identity.realm,
    now: Date.now,
    failed: (error) => log.error("storage failed: {error}", { error: String(error) }),
  });
  const listener = listen(options);
  const links: Shared["links"] = new Set();
  const shared: Shared = {
    service,
    identity,
    ...(secret === null ? {} : { secret }),
    registration: options.registration,
    gate: new Gate({
      running: DEFAULT_POLICY.handshakesRunning,
      waiting: DEFAULT_POLICY.handshakesWaiting,
    }),
    strangers: new Strangers(DEFAULT_POLICY),
    links,
    log,
  };
  const accepting = acceptLoop(listener, {
    accepted: (conn) => void serve(conn, shared),
    failed: (error) => log.warn("accept failed: {error}", { error: String(error) }),
  });
  const stop = Promise.withResolvers<void>();
  const askedToStop = once(stop.resolve);
  using _signals = stopSignals(askedToStop);
  using keyboard = options.keys ? watchKeyboard({ onQuit: askedToStop }) : null;
  print(banner({
    version,
    address: listener.addr,
    fingerprint: identity.fingerprint,
    dataFolder: folder.path,
    ...(options.secretFile === undefined ? {} : { secretFile: options.secretFile }),
    machineAddresses: machineAddresses(),
  }));
  if (keyboard?.notice !== undefined) log.info(keyboard.notice);
  log.info("started", { port: listener.addr.port, accounts: service.directory.size });

  await stop.promise;
  log.info("stopping");
  // Ends the process even if a disk hangs: what is acknowledged is on it already.
  const timer = setTimeout(() => Deno.exit(0), STOP_MS);
  listener.close();
  await accepting;
  await service.journal.close();
  await Promise.all([...links].map((link) => link.close("shutdown")));
  clearTimeout(timer);
  log.info("stopped");
}

/** The second request to stop ends the process at once. */
function once(first: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) Deno.exit(0);
    asked = true;
    first();
  };
}

function listen(options: ServerOptions): Deno.TcpListener {
  const { host: hostname, port } = options;
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

async function readSecret(path: string | undefined): Promise<Uint8Array | null> {
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

async function openIdentity(
  folder: DataFolder,
  { store, log }: { readonly store: Store; readonly log: Logger },
): Promise<ServerIdentity> {
  const key = keyOf.realm();
  const stored = await store.get(key);
  const accounts = await store.list({ prefix: prefixOf.accounts, limit: 1 });
  const file = await openKeyFile(folder.keyFile, {
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    storedRealm: stored === null ? null : decodeBase64Url(decodeRecord(stored, realmRecord).realm),
    hasAccounts: accounts.length > 0,
  });
  if (stored === null) {
    const value = encodeRecord(key, { realm: encodeBase64Url(file.realm) });
    await store.commit({ checks: [{ key, version: null }], sets: [{ key, value }] });
  }
  for (const notice of [...folder.notices, ...file.notices]) log.warn(notice);
  return await importServerIdentity(file.identitySeed, file.realm);
}

function message(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\.?\s*$/, "");
}
