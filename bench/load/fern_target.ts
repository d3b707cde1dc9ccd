/**
 * A Fernchat server in a process of its own, with rates and totals out of the way.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Policy } from "../../server/policy.ts";
import { type TestAccount, testAccount } from "../../tests/testing/test_account.ts";
import { FernPeer } from "./fern_peer.ts";
import { PinnedProcess } from "./pinned_process.ts";
import type { Receiving, Target } from "./target.ts";

const PROGRAM = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const PLENTY = 1_000_000_000;

/** Rates, quota and totals: the generator asks as fast as it is answered. Nothing else is changed. */
const LIMITS: Partial<Policy> = {
  handshakesWaiting: 100_000,
  strangersTotal: 100_000,
  sessionsPerAccount: 100_000,
  sessionsTotal: 100_000,
  registrationsPerHour: PLENTY,
  readBurst: PLENTY,
  readsPerSecond: PLENTY,
  requestBurst: PLENTY,
  requestsPerSecond: PLENTY,
  octetsPerDay: PLENTY * 1_000,
};

/** What may be told of the server. */
export interface FernOptions {
  /** Which core it may use. */
  readonly core: number;
  /** Where its `mod.ts` is: another tree, to compare with. */
  readonly program?: string;
  /** Flags for Deno. */
  readonly flags?: readonly string[];
  /** Where it leaves a profile of its processor time when it ends. */
  readonly profile?: string;
  /** Data of an earlier run; else a folder that is deleted afterwards. */
  readonly folder?: string;
}

/** A running Fernchat server. */
export class FernTarget implements Target {
  /** What it is called in results. */
  readonly name = "fernchat";
  /** Its process. */
  readonly process: PinnedProcess;
  /** Its port on 127.0.0.1. */
  readonly port: number;
  readonly #folder: string | null;
  readonly #isProfiled: boolean;
  #isStopped = false;

  private constructor(
    process: PinnedProcess,
    port: number,
    options: { readonly folder: string | null; readonly isProfiled: boolean },
  ) {
    this.process = process;
    this.port = port;
    this.#folder = options.folder;
    this.#isProfiled = options.isProfiled;
  }

  /** Starts one and waits until it listens. */
  static async start(options: FernOptions): Promise<FernTarget> {
    const own = options.folder === undefined ? await Deno.makeTempDir() : null;
    const folder = options.folder ?? own ?? "";
    const limits = join(folder, "limits.json");
    await Deno.writeTextFile(limits, JSON.stringify(LIMITS));
    const data = join(folder, "data");
    const profiling = options.profile === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`];
    const process = new PinnedProcess([
      ...[Deno.execPath(), "run", "-A", "--quiet", ...options.flags ?? [], ...profiling],
      ...[options.program ?? PROGRAM, "server", "127.0.0.1", "0"],
      ...["--no-keys", "--data", data, "--limits", limits],
    ], options.core);
    const [, port] = await process.prints(/listens on 127\.0\.0\.1:(\d+)/);
    const isProfiled = options.profile !== undefined;
    return new FernTarget(process, Number(port), { folder: own, isProfiled });
  }

  /** Registers a user of this name and stays. */
  async connect(name: string, receiving: Receiving): Promise<FernPeer> {
    const peer = await this.enter(await testAccount(name));
    peer.receive(receiving);
    return peer;
  }

  /** Registers or logs in. */
  async enter(account: TestAccount): Promise<FernPeer> {
    const peer = await FernPeer.connect(this.port);
    await peer.enter(account);
    return peer;
  }

  /** Asks it to end, and waits until it has; its data stay. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.process.stop();
    await this.process[Symbol.asyncDispose]();
  }

  /** Ends it and deletes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A profile is written at an orderly end.
    if (this.#isProfiled && !this.#isStopped) await this.process.stop();
    await this.process[Symbol.asyncDispose]();
    if (this.#folder !== null) await Deno.remove(this.#folder, { recursive: true });
  }
}
