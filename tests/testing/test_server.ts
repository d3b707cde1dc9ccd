/**
 * A whole server in this process, on a port of 127.0.0.1: the composition of `server/main.ts` without
 * signals, keyboard and data folder.
 *
 * Everything it opens is closed by disposal, so that the sanitizers of a test see nothing left.
 *
 * @module
 */

import { join } from "node:path";
import { importServerIdentity, type ServerIdentity } from "../../cipher/server_identity.ts";
import { serve, type Shared } from "../../server/connection.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { acceptLoop, type Acceptor, atMostEvery } from "../../server/listener.ts";
import { openLog } from "../../server/log.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import { DEFAULT_POLICY, type Policy } from "../../server/policy.ts";
import { openService } from "../../server/service.ts";
import type { Store } from "../../server/store.ts";
import { Strangers } from "../../server/strangers.ts";
import { closeConn } from "../../transport/close_conn.ts";
import { Gate } from "../../transport/gate.ts";
import { tempFolder } from "../server/temp_folder.ts";
import { within } from "./within.ts";

/** As `server/main.ts` has it. */
const ACCEPT_LOG_MS = 1_000;

/** What may differ from a server as the operator gets it. */
export interface TestServerOptions {
  /** Bounds that differ from the defaults. */
  readonly policy?: Partial<Policy>;
  /** A Deno KV file in a temporary folder, memory (the default), or one that the caller closes. */
  readonly store?: "disk" | "memory" | Store;
  /** Who it is; a new one by default. */
  readonly identity?: ServerIdentity;
  /** Whether the disk has no room for more; it always has by default. */
  readonly isDiskFull?: () => boolean;
  /** Milliseconds since 1970; the clock of the machine by default. */
  readonly now?: () => number;
  /** Milliseconds between two looks at the links and at who is away; none by default. */
  readonly tickMs?: number;
  /** The shared secret, 32 octets; none by default. */
  readonly secret?: Uint8Array;
  /** Whether unknown names may register; `open` by default. */
  readonly registration?: "open" | "closed";
  /** Stands between the listener and the accept loop. */
  readonly acceptor?: (listener: Deno.TcpListener) => Acceptor;
  /** Where the links that stand are kept; whoever keeps them can come between. */
  readonly links?: Shared["links"];
}

/** A line of the log, as far as tests look at it. */
export interface LogLine {
  /** `DEBUG`, `INFO`, `WARN`, `ERROR`. */
  readonly level: string;
  /** The whole line, JSON. */
  readonly text: string;
}

/** A running server. */
export interface TestServer extends AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Who it is. */
  readonly identity: ServerIdentity;
  /** What its connections share: chat, gate, strangers, links. */
  readonly shared: Shared;
  /** What it has logged so far, debug lines included. */
  readonly log: readonly LogLine[];
  /**
   * Resolves when no more than so many of the connections accepted so far are still served.
   *
   * @throws {Error} If that takes more than ten seconds.
   */
  served(atMost: number): Promise<void>;
}

/** Starts a server. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const stack = new AsyncDisposableStack();
  const log: LogLine[] = [];
  const logging = stack.use(
    await openLog({ format: "json", debug: true, write: (line) => log.push(readLine(line)) }),
  );
  const identity = options.identity ?? await importServerIdentity(random(32), random(16));
  const policy: Policy = { ...DEFAULT_POLICY, ...options.policy };
  const service = stack.use(
    await openService({
      store: await openStore(options.store ?? "memory", stack),
      policy,
      realm: identity.realm,
      now: options.now ?? Date.now,
      uptime: () => performance.now(),
      isDiskFull: options.isDiskFull ?? (() => false),
      failed: (error) => logging.log.error("storage failed: {error}", { error: String(error) }),
    }),
  );
  const shared: Shared = {
    service,
    identity,
    ...(options.secret === undefined ? {} : { secret: options.secret }),
    registration: options.registration ?? "open",
    gate: new Gate({ running: policy.handshakesRunning, waiting: policy.handshakesWaiting }),
    strangers: new Strangers(policy),
    links: options.links ?? new Set(),
    log: logging.log,
  };
  const connections = new Connections(shared);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = acceptLoop(options.acceptor?.(listener) ?? listener, {
    accepted: (conn) => connections.serve(conn),
    failed: atMostEvery(ACCEPT_LOG_MS, {
      tell: (error, leftOut) =>
        logging.log.warn("accept failed: {error}", { error: String(error), leftOut }),
      uptime: () => performance.now(),
    }),
  });
  stack.defer(() => connections.close());
  if (options.tickMs !== undefined) {
    const tick = setInterval(() => {
      service.roster.sweep(performance.now());
      service.uploads.sweep(performance.now());
      for (const link of shared.links) link.checkUp(policy);
    }, options.tickMs);
    stack.defer(() => clearInterval(tick));
  }
  stack.defer(async () => {
    closeListener(listener);
    await accepting;
  });
  return {
    port: listener.addr.port,
    identity,
    shared,
    log,
    served: (atMost) => within(10_000, connections.served(atMost)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The connections that have been accepted and are not at their end. */
class Connections {
  readonly #shared: Shared;
  readonly #conns = new Map<Deno.Conn, Promise<void>>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  serve(conn: Deno.Conn): void {
    const served = serve(conn, this.#shared).finally(() => this.#conns.delete(conn));
    this.#conns.set(conn, served);
  }

  async served(atMost: number): Promise<void> {
    while (this.#conns.size > atMost) await Promise.race(this.#conns.values());
  }

  async close(): Promise<void> {
    for (const conn of this.#conns.keys()) closeConn(conn);
    await this.served(0);
  }
}

async function openStore(
  kind: "disk" | "memory" | Store,
  stack: AsyncDisposableStack,
): Promise<Store> {
  if (typeof kind === "object") return kind;
  if (kind === "memory") return stack.use(new MemoryStore(Date.now));
  const folder = stack.use(await tempFolder());
  return stack.use(await openKvStore(join(folder.path, "chat.db")));
}

function readLine(text: string): LogLine {
  const { level } = JSON.parse(text);
  return { level: String(level), text };
}

function closeListener(listener: Deno.TcpListener): void {
  try {
    listener.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function random(octets: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(octets));
}
