/**
 * One run of a client: a real process in the plain face, its input kept open, and all that it showed.
 *
 * It is never killed by a name, only through the handle of the process that was started here.
 *
 * @module
 */

import { PROGRAM, ROOT } from "../testing/processes.ts";
import { within } from "../testing/within.ts";
import { isOrdinary, type Said, shownIn, type ShownMessage, typedFor } from "./words.ts";

/** How a client is started. */
export interface ClientRunOptions {
  /** The account. */
  readonly user: string;
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** What the server must show. */
  readonly fingerprint: string;
  /** File with the password. */
  readonly passwordFile: string;
  /** Where it keeps what it remembers; the same for all runs of an account. */
  readonly home: string;
  /** Called for each line that it shows. */
  readonly changed: () => void;
}

/** What has become of a run. */
export type Fate = "running" | "killed" | "left" | "ended by itself";

/** Milliseconds for what must happen at last: a client waits up to 78 s, and again if it is cut again. */
export const PATIENCE_MS = 300_000;

/** A process. */
export class ClientRun implements AsyncDisposable {
  /** Messages that it showed, in order. */
  readonly shown: ShownMessage[] = [];
  /** Lines that should not have been shown, in order. */
  readonly extraordinary: string[] = [];
  /** Messages that were typed. */
  readonly typed: Said[] = [];
  /** The lines of standard output that are complete. */
  readonly lines: string[] = [];
  /** The cursor of the account just before it was killed: all up to this entry had been confirmed. */
  confirmed: number | null = null;
  readonly #options: ClientRunOptions;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<number>;
  readonly #texts = new Set<string>();
  #errors = "";
  #fate: Fate = "running";
  #changed = Promise.withResolvers<void>();

  /**
   * Starts the process.
   *
   * @param options Account, server, folders.
   */
  constructor(options: ClientRunOptions) {
    this.#options = options;
    const inherited = Object.entries(Deno.env.toObject())
      .filter(([name]) => !name.startsWith("FERNCHAT_"));
    const { user, port, fingerprint, passwordFile, home } = options;
    const account = ["--user", user, "--password-file", passwordFile, "--fingerprint", fingerprint];
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", PROGRAM, "client", "127.0.0.1", String(port), ...account],
      cwd: ROOT,
      clearEnv: true,
      env: {
        ...Object.fromEntries(inherited),
        XDG_CONFIG_HOME: home,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#ended = this.#watch();
  }

  /** What has become of it. */
  get fate(): Fate {
    return this.#fate;
  }

  /** Standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  /** Whether it has shown a message. */
  hasShown(line: string): boolean {
    return this.#texts.has(line);
  }

  /**
   * Waits until something is true that its output decides.
   *
   * @param holds Asked again after each line.
   * @param what What that is, for the error.
   * @throws {Error} If the process ends before, or it takes too long.
   */
  async until(holds: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (this.#fate !== "running") throw this.#error(what, `the process: ${this.#fate}`);
      await within(end - performance.now(), this.#changed.promise).catch(() => {
        throw this.#error(what, `not within ${PATIENCE_MS} ms`);
      });
    }
  }

  /** Waits for a line. */
  async shows(line: string): Promise<void> {
    await this.until(() => this.lines.includes(line), `the line ${JSON.stringify(line)}`);
  }

  /** Types messages. What a process that dies has not read is lost, as it is for a person. */
  async types(messages: readonly Said[]): Promise<void> {
    this.typed.push(...messages);
    await this.writes(messages.map(typedFor));
  }

  /** Types lines. */
  async writes(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join("");
    await this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /** Kills it, and waits until all that it had written is here. */
  async kill(): Promise<void> {
    if (this.#fate !== "running") return;
    this.#fate = "killed";
    this.#signal();
    await this.#ended;
  }

  /**
   * Has it leave with `@quit`.
   *
   * @throws {Error} If it does not, or keeps anything for next time.
   */
  async quit(): Promise<void> {
    if (this.#fate !== "running") throw this.#error("@quit", `the process: ${this.#fate}`);
    this.#fate = "left";
    await this.writes(["@quit"]);
    const code = await within(PATIENCE_MS, this.#ended).catch(() => NaN);
    if (code !== 0) throw this.#error("exit code 0 of @quit", `got ${code}`);
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#fate === "running") this.#fate = "killed";
    this.#signal();
    await this.#ended;
    await this.#input.close().catch(() => {});
  }

  #signal(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #watch(): Promise<number> {
    const [{ code }] = await Promise.all([
      this.#process.status,
      this.#readOutput(),
      this.#readErrors(),
    ]);
    if (this.#fate === "running") this.#fate = "ended by itself";
    this.#tell();
    return code;
  }

  async #readOutput(): Promise<void> {
    let begun = "";
    for await (const piece of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (begun + piece).split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
      this.#tell();
    }
  }

  async #readErrors(): Promise<void> {
    for await (const piece of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errors += piece;
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    if (!isOrdinary(line)) this.extraordinary.push(line);
    const shown = shownIn(line);
    if (shown === null) return;
    this.shown.push(shown);
    this.#texts.add(shown.line);
  }

  #tell(): void {
    this.#options.changed();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #error(what: string, state: string): Error {
    const { user } = this.#options;
    const last = this.lines.slice(-5).join("\n");
    return new Error(
      `Cannot wait for ${what} of ${user}: ${state}\nlast lines:\n${last}\n` +
        `standard error:\n${this.#errors.slice(-2_000)}`,
    );
  }
}
