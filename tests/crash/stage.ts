/**
 * A server and its users as a crash run needs them: real processes, a database on disk, a bad network.
 *
 * @module
 */

import { join } from "node:path";
import type { MessageEntry } from "../../protocol/event.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { decodeRecord } from "../../server/record.ts";
import { entryRecord } from "../../server/tables.ts";
import { type Server, startServer } from "../testing/processes.ts";
import { within } from "../testing/within.ts";
import { Actor } from "./actor.ts";
import { PATIENCE_MS } from "./client_run.ts";
import { ACCOUNTS, GUEST, MEMBERS, TEAM } from "./words.ts";

/** Rates that do not slow a run down: that they hold is shown elsewhere. */
const LIMITS = { requestBurst: 100_000, requestsPerSecond: 100_000, readBurst: 100_000 };

/** Everything that runs. */
export class Stage implements AsyncDisposable {
  /** Holds everything. */
  readonly folder: string;
  readonly #actors: Actor[] = [];
  #server: Server;
  #serverRuns = 1;
  #changed = Promise.withResolvers<void>();

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.#server = server;
  }

  /**
   * Starts the server and everybody, and makes the group; nothing has been said then.
   *
   * @param folder An empty folder.
   */
  static async open(folder: string): Promise<Stage> {
    await Deno.mkdir(join(folder, "data"), { mode: 0o700 });
    await Deno.writeTextFile(join(folder, "data", "limits.json"), JSON.stringify(LIMITS));
    const stage = new Stage(folder, await startServer(serverOptions(folder)));
    try {
      for (const user of ACCOUNTS) stage.#actors.push(await stage.#actorOf(user));
      await Promise.all([
        stage.#registerGuest(),
        ...stage.#actors.map((actor) => actor.start()),
      ]);
      const [owner, ...others] = MEMBERS;
      await stage.actor(owner).run.writes([`@group set ${TEAM} ${others.join(",")}`]);
      const created = `Group ${TEAM} created with members: ${[...others, owner].join(", ")}`;
      await Promise.all(MEMBERS.map((member) => stage.actor(member).run.shows(created)));
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The accounts. */
  get actors(): readonly Actor[] {
    return this.#actors;
  }

  /** How many times the server was started. */
  get serverRuns(): number {
    return this.#serverRuns;
  }

  /** Lines with messages that all processes together have shown. */
  get shown(): number {
    const runs = this.#actors.flatMap((actor) => actor.runs);
    return runs.reduce((sum, run) => sum + run.shown.length, 0);
  }

  /**
   * Finds an account.
   *
   * @throws {Error} If there is none of that name.
   */
  actor(user: string): Actor {
    const actor = this.#actors.find((one) => one.user === user);
    if (actor === undefined) throw new Error(`Cannot find actor: ${user}`);
    return actor;
  }

  /**
   * Waits until so many lines with messages have been shown.
   *
   * @throws {Error} If that takes too long.
   */
  async shows(lines: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.shown < lines) await within(end - performance.now(), this.#changed.promise);
  }

  /** Kills the server with SIGKILL. */
  async killServer(): Promise<void> {
    await this.#server.kill();
  }

  /** Starts it again on the same port and folder. */
  async restartServer(): Promise<void> {
    const { port } = this.#server;
    await this.#server[Symbol.asyncDispose]();
    this.#server = await startServer({ ...serverOptions(this.folder), port });
    this.#serverRuns++;
  }

  /** Stops the server in order and reads all messages from its database. */
  async readDatabase(): Promise<MessageEntry[]> {
    await this.#server.stop();
    await using store = await openKvStore(join(this.folder, "data", "chat.kv"));
    const stored: MessageEntry[] = [];
    for await (const record of store.scan(["entry"])) {
      const { entry } = decodeRecord(record, entryRecord);
      if (entry.t === "message") stored.push(entry);
    }
    return stored;
  }

  /** Ends everything that still runs; the folder stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.#actors) await actor[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  async #registerGuest(): Promise<void> {
    await using guest = await this.#actorOf(GUEST);
    await guest.start();
    await guest.run.quit();
  }

  #actorOf(user: string): Promise<Actor> {
    const changed = () => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    return Actor.open({ user, folder: this.folder, server: () => this.#server, changed });
  }
}

function serverOptions(folder: string): { folder: string; flags: string[] } {
  const data = join(folder, "data");
  return { folder: data, flags: ["--no-keys", "--limits", join(data, "limits.json")] };
}
