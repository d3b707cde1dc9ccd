/**
 * An account in a crash run: its network, and its processes one after the other.
 *
 * @module
 */

import { join } from "node:path";
import { passwordOf } from "../testing/scene.ts";
import { ClientRun } from "./client_run.ts";
import { FaultyProxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import { type Access, Reader } from "./reader.ts";
import { lineFor, receiversOf, type Said } from "./words.ts";

/** What an actor needs. */
export interface ActorOptions {
  /** The account. */
  readonly user: string;
  /** Folder of the whole run. */
  readonly folder: string;
  /** The server at present. */
  readonly server: () => { readonly port: number; readonly fingerprint: string };
  /** Called for each line that is shown. */
  readonly changed: () => void;
}

/** An account. */
export class Actor implements AsyncDisposable {
  /** Canonical name. */
  readonly user: string;
  /** What lies between it and the server. */
  readonly proxy: FaultyProxy;
  /** All its processes, the present one last. */
  readonly runs: ClientRun[] = [];
  readonly #options: ActorOptions;
  readonly #access: Access;
  #said = 0;

  private constructor(options: ActorOptions, proxy: FaultyProxy) {
    this.#options = options;
    this.user = options.user;
    this.proxy = proxy;
    this.#access = { user: this.user, password: passwordOf(this.user) };
  }

  /**
   * Lays the network; no process runs yet.
   *
   * @param options Account, server, folder.
   */
  static async open(options: ActorOptions): Promise<Actor> {
    return new Actor(options, await FaultyProxy.open(() => options.server().port));
  }

  /**
   * The present process, or the last one.
   *
   * @throws {Error} If there was none.
   */
  get run(): ClientRun {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error(`Cannot use ${this.user}: not started`);
    return run;
  }

  /** Starts a process on a sound network and waits for its welcome. */
  async start(): Promise<void> {
    this.proxy.heal();
    const { folder, server, changed } = this.#options;
    const passwordFile = join(folder, `${this.user}.password`);
    await Deno.writeTextFile(passwordFile, `${this.#access.password}\n`);
    const run = new ClientRun({
      user: this.user,
      port: this.proxy.port,
      fingerprint: server().fingerprint,
      passwordFile,
      home: join(folder, `${this.user}.home`),
      changed,
    });
    this.runs.push(run);
    await run.shows(`Welcome to the chatroom, ${this.user}!`);
  }

  /** Types messages to receivers drawn at random. */
  async says(count: number, random: Random): Promise<void> {
    const receivers = receiversOf(this.user);
    await this.run.types(
      Array.from({ length: count }, () => this.#next(random.pick(receivers))),
    );
  }

  /** Types one message to everybody and gives it back. */
  async closes(): Promise<Said> {
    const said = this.#next("lobby");
    await this.run.types([said]);
    return said;
  }

  /** Whether all that was typed into the present process has been acknowledged. */
  get isSettled(): boolean {
    const { run } = this;
    return run.typed.every((said) => run.hasShown(lineFor(this.user, said)));
  }

  /** Waits until all that was typed into the present process has been acknowledged. */
  async settled(): Promise<void> {
    await this.run.until(() => this.isSettled, "the last acknowledgement");
  }

  /** Opens a second session that only reads, past the proxy. */
  async reader(): Promise<Reader> {
    return await Reader.open(this.#options.server().port, this.#access);
  }

  /** Up to which entry the account has confirmed what it was shown. */
  async confirmed(): Promise<number> {
    await using reader = await this.reader();
    return reader.welcome.cursor;
  }

  /** Ends process and network. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.runs) await run[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }

  #next(to: string): Said {
    return { from: this.user, number: ++this.#said, to };
  }
}
