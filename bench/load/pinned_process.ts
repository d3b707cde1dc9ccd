/**
 * A process on one core, with what it has used: processor time and memory, as Linux counts them.
 *
 * @module
 */

/** Clock ticks in a second, as `/proc` counts processor time: 100 on every Linux that Deno runs on. */
const TICKS = 100;

/** What a process has used. */
export interface Usage {
  /** Seconds of processor time, all threads. */
  readonly cpuSeconds: number;
  /** KiB of resident memory. */
  readonly residentKiB: number;
}

/**
 * Reads what a process has used.
 *
 * @param pid Which; the own one by default.
 */
export async function usageOf(pid: number | "self" = "self"): Promise<Usage> {
  const [stat, status] = await Promise.all([
    Deno.readTextFile(`/proc/${pid}/stat`),
    Deno.readTextFile(`/proc/${pid}/status`),
  ]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    cpuSeconds: ticks / TICKS,
    residentKiB: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN),
  };
}

/** A child process that is killed when it is disposed of. */
export class PinnedProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  /**
   * Starts one.
   *
   * @param command Program and arguments.
   * @param core Which core it may use.
   */
  constructor(command: readonly string[], core: number) {
    this.#child = new Deno.Command("taskset", {
      args: ["--cpu-list", String(core), ...command],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#output = this.#child.stdout.getReader();
  }

  /** Process id: `taskset` becomes the command. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Waits until it has printed something.
   *
   * @param expected What.
   * @returns The match.
   * @throws {Error} If it ends before.
   */
  async prints(expected: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = expected.exec(this.#text);
      if (match !== null) return match;
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`Cannot start: ended after printing\n${this.#text}`);
      this.#text += new TextDecoder().decode(value);
    }
  }

  /** What it has used. */
  async usage(): Promise<Usage> {
    return await usageOf(this.pid);
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#output.cancel();
    await this.#child.status;
  }
}
