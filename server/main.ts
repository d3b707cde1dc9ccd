/**
 * The server: puts store, chat and connections together, and takes them apart again.
 *
 * The only place that names the real store, clock, sockets, signals and keyboard.
 *
 * @module
 */

import { Gate } from "../transport/gate.ts";
import { openAdminServer } from "./admin_server.ts";
import { adminSocketPath } from "./admin_socket.ts";
import { banner, machineAddresses } from "./banner.ts";
import { serve, type Shared } from "./connection.ts";
import { defaultDataFolder, openDataFolder } from "./data_folder.ts";
import { watchKeyboard } from "./keyboard.ts";
import { DiskGuard, freeSpace } from "./disk.ts";
import { Keeper, keepOn, pauseFor } from "./keep.ts";
import { openKvStore } from "./kv_store.ts";
import { acceptLoop, atMostEvery } from "./listener.ts";
import { openLog } from "./log.ts";
import type { ServerOptions } from "./options.ts";
import { Operator } from "./operator.ts";
import { writerTo } from "./output.ts";
import { openService } from "./service.ts";
import { listen, openIdentity, readLimits, readSecret } from "./startup.ts";
import { statusLines } from "./status.ts";
import { stopSignals } from "./stop_signals.ts";
import { Strangers } from "./strangers.ts";

/** Milliseconds after which a stop is over, whatever hangs (PRODUCT §1: within 5 s). */
const STOP_MS = 4_500;

/** Milliseconds between two searches for what is too old, and between two of its commits. */
const KEEP = { everyMs: 3_600_000, pauseMs: 25 } as const;

/** Milliseconds between two lines of the log about connections that could not be accepted. */
const ACCEPT_LOG_MS = 1_000;

/** Milliseconds between two looks at the disk. */
const DISK_MS = 5_000;

/**
 * Runs the server until it is told to stop.
 *
 * @param options What the operator chose.
 * @param version Version of the program, for the banner.
 * @throws {import("./start_error.ts").StartError} If it cannot start: one line with cause and remedy.
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
  const policy = await readLimits(options.limits);
  using folder = await openDataFolder(
    options.data ?? defaultDataFolder(Deno.build.os, (name) => Deno.env.get(name)),
  );
  await using store = await openKvStore(folder.storeFile);
  const identity = await openIdentity(folder, { store, log });
  const disk = new DiskGuard(folder.path, { floor: policy.freeDiskOctets, free: freeSpace });
  const lookAtDisk = async () => {
    if (!(await disk.look())) return;
    log.error(disk.isFull ? "disk full: nothing is accepted" : "disk has room again");
  };
  await lookAtDisk();
  await using service = await openService({
    store,
    policy,
    realm: identity.realm,
    now: Date.now,
    uptime: () => performance.now(),
    isDiskFull: () => disk.isFull,
    failed: (error) => log.error("storage failed: {error}", { error: String(error) }),
  });
  const keeper = await Keeper.open(store, {
    days: options.keep ?? Infinity,
    tails: service.tails,
    now: Date.now,
    uptime: () => performance.now(),
    pause: (signal) => pauseFor(KEEP.pauseMs, signal),
  });
  const listener = listen(options);
  const links: Shared["links"] = new Set();
  const shared: Shared = {
    service,
    identity,
    ...(secret === null ? {} : { secret }),
    registration: options.registration,
    gate: new Gate({
      running: policy.handshakesRunning,
      waiting: policy.handshakesWaiting,
    }),
    strangers: new Strangers(policy),
    links,
    log,
  };
  const accepting = acceptLoop(listener, {
    accepted: (conn) => void serve(conn, shared),
    failed: atMostEvery(ACCEPT_LOG_MS, {
      tell: (error, leftOut) =>
        log.warn("accept failed: {error}", { error: String(error), leftOut }),
      uptime: () => performance.now(),
    }),
  });
  using _tick = every(1_000, () => {
    service.roster.sweep(performance.now());
    service.uploads.sweep(performance.now());
    for (const link of links) link.checkUp(policy);
  });
  using _disk = every(DISK_MS, () => void lookAtDisk());
  const stop = Promise.withResolvers<void>();
  const askedToStop = once(stop.resolve);
  using _signals = stopSignals(askedToStop);
  await using _admin = await openAdminServer(adminSocketPath(folder.path), {
    operator: new Operator(service),
    status: async () =>
      statusLines({
        version,
        address: listener.addr,
        fingerprint: identity.fingerprint,
        uptimeMs: performance.now(),
        sessions: service.presence.total,
        online: service.presence.users().length,
        accounts: service.directory.size,
        entries: entriesEver(service.tails) - keeper.removed,
        databaseOctets: await sizeOf(folder.storeFile),
        freeOctets: await freeSpace(folder.path),
        residentOctets: Deno.memoryUsage().rss,
      }),
    stop: () => {
      askedToStop();
      return { text: "Stopping." };
    },
    log,
  });
  await using _keep = keepOn(keeper, {
    everyMs: KEEP.everyMs,
    swept: (entries) => log.info("deleted what was too old", { entries }),
    failed: (error) => log.error("storage failed: {error}", { error: String(error) }),
  });
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
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), STOP_MS));
  listener.close();
  await accepting;
  await service.journal.close();
  await Promise.all([...links].map((link) => link.close("shutdown")));
  log.info("stopped");
}

/** Entries that have ever been stored. */
function entriesEver(tails: ReadonlyMap<string, { readonly seq: number }>): number {
  return tails.values().reduce((sum, { seq }) => sum + seq, 0);
}

/** Octets of the database and of its log. */
async function sizeOf(path: string): Promise<number> {
  const files = await Promise.all([path, `${path}-wal`].map((file) => Deno.stat(file)));
  return files.reduce((sum, { size }) => sum + size, 0);
}

function every(milliseconds: number, look: () => void): Disposable {
  const timer = setInterval(look, milliseconds);
  return { [Symbol.dispose]: () => clearInterval(timer) };
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
