/**
 * The real program as tests run it: servers with the least privilege, clients, their lines and ends.
 *
 * Everything is disposed of with `await using`, and only what was started here is ever killed.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Expected, Lines, PATIENCE } from "./lines.ts";
import { within } from "./within.ts";

/** The folder of the program. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The only entry point. */
export const PROGRAM = fileURLToPath(new URL("../../mod.ts", import.meta.url));

/** How a process is started. */
export interface SpawnOptions {
  /** Added to the environment of the test, from which `FERNCHAT_…` is left out. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process with its lines. */
export class Program implements AsyncDisposable {
  /** Standard output. */
  readonly out: Lines;
  /** Standard error. */
  readonly err: Lines;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #hasInput = true;

  /**
   * Starts a process.
   *
   * @param command Program and arguments.
   * @param options Its environment.
   */
  constructor(command: readonly [string, ...string[]], { env = {} }: SpawnOptions = {}) {
    const [program, ...args] = command;
    const inherited = Object.entries(Deno.env.toObject())
      .filter(([name]) => !name.startsWith("FERNCHAT_"));
    this.#process = new Deno.Command(program, {
      args,
      cwd: ROOT,
      clearEnv: true,
      env: { ...Object.fromEntries(inherited), ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    const explain = () => this.explain();
    this.out = new Lines(this.#process.stdout, { explain });
    this.err = new Lines(this.#process.stderr, { explain });
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Waits for the next lines of standard output, see `Lines.sees`. */
  async sees(...expected: readonly Expected[]): Promise<void> {
    await this.out.sees(...expected);
  }

  /** Types lines. */
  async types(...lines: readonly string[]): Promise<void> {
    await this.writes(lines.map((line) => `${line}\n`).join(""));
  }

  /** Writes to standard input, to the letter. */
  async writes(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Ends standard input. */
  async endsInput(): Promise<void> {
    if (!this.#hasInput) return;
    this.#hasInput = false;
    await this.#input.close();
  }

  /** Sends a signal. */
  signal(name: Deno.Signal): void {
    this.#process.kill(name);
  }

  /**
   * Waits until it has ended by itself.
   *
   * @returns The exit code; 128 and the number for a signal.
   * @throws {Error} If it takes too long.
   */
  async ended(): Promise<number> {
    const { code } = await within(PATIENCE, this.#process.status).catch((cause) => {
      throw new Error(`Cannot wait for the end of a process\n${this.explain()}`, { cause });
    });
    await Promise.all([this.out.ended, this.err.ended]);
    return code;
  }

  /**
   * Waits until it has ended with this exit code.
   *
   * @throws {Error} If the code is another one; the message has all output.
   */
  async endsWith(code: number): Promise<void> {
    const actual = await this.ended();
    strictEqual(actual, code, `expected exit code ${code}, got ${actual}\n${this.explain()}`);
  }

  /** Both outputs, for the message of a test that fails. */
  explain(): string {
    return `standard output:\n${this.out.text}\nstandard error:\n${this.err.text}`;
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#process.status;
    // A pipe that nobody reads any more cannot be closed in order.
    await this.endsInput().catch(() => {});
    await Promise.all([this.out.ended, this.err.ended]);
  }
}

/**
 * Runs `mod.ts` with all permissions.
 *
 * @param args Its arguments.
 * @param options Its environment.
 */
export function fernchat(args: readonly string[], options?: SpawnOptions): Program {
  return new Program([Deno.execPath(), "run", "-A", PROGRAM, ...args], options);
}

/** How a server is started. */
export interface ServerOptions extends SpawnOptions {
  /** Data folder; also the only folder it may read and write. */
  readonly folder: string;
  /** Port; any free one if absent. */
  readonly port?: number;
  /** More flags. */
  readonly flags?: readonly string[];
}

/** A server that listens. */
export class Server extends Program {
  /** Its data folder. */
  readonly folder: string;
  /** Its port on 127.0.0.1; 0 until it listens. */
  port = 0;
  /** What it printed as its fingerprint. */
  fingerprint = "";

  /**
   * Starts one with the least privilege; `startServer` also waits for it.
   *
   * @param options Folder, port, flags.
   */
  constructor(options: ServerOptions) {
    const { folder, port = 0, flags = ["--no-keys"] } = options;
    const net = `--allow-net=127.0.0.1,unix:${folder}/admin.sock`;
    const allowed = [net, `--allow-read=${folder}`, `--allow-write=${folder}`];
    const args = ["server", "127.0.0.1", String(port), "--data", folder, ...flags];
    super([Deno.execPath(), "run", "--no-prompt", ...allowed, PROGRAM, ...args], options);
    this.folder = folder;
  }

  /**
   * Stops it by SIGTERM.
   *
   * @throws {Error} If its exit code is not 0.
   */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.endsWith(0);
  }

  /** Ends it like a power cut. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }
}

/**
 * Starts a server and waits until it listens.
 *
 * @param options Folder, port, flags.
 * @throws {Error} If it does not start.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = new Server(options);
  try {
    const address = await server.out.until(/^Fernchat \S+ listens on 127\.0\.0\.1:\d+$/);
    server.port = Number(address.slice(address.lastIndexOf(":") + 1));
    const fingerprint = await server.out.until(/^Fingerprint: ftc1:[\w-]{43}$/);
    server.fingerprint = fingerprint.slice("Fingerprint: ".length);
    await server.out.until(/^ {2}deno run -A mod\.ts client /);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
