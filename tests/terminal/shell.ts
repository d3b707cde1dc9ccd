/**
 * A shell in a real terminal that runs one program and says how it ended and how it left the terminal.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../testing/processes.ts";
import { Tmux } from "../testing/tmux.ts";

/** A shell whose working directory is that of the program. */
export class Shell implements AsyncDisposable {
  /** Its terminal, wide enough for the longest line of a server. */
  readonly terminal: Tmux;
  readonly #folder: string;

  private constructor(terminal: Tmux, folder: string) {
    this.terminal = terminal;
    this.#folder = folder;
  }

  /**
   * Starts a shell.
   *
   * @param env Added to its environment, so that what is typed may be short.
   */
  static async start(env: Readonly<Record<string, string>>): Promise<Shell> {
    const folder = await Deno.makeTempDir({ prefix: "fernchat-shell-" });
    try {
      const size = { columns: 240, rows: 40 };
      const terminal = await Tmux.start({
        ...size,
        cwd: ROOT,
        env: { ...env, SHELL_DATA: folder },
      });
      await terminal.waitFor(/^\$$/m);
      return new Shell(terminal, folder);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /**
   * Runs a command in the foreground.
   *
   * @param command May use the variables of `start`.
   */
  async runs(command: string): Promise<void> {
    const around = ["stty -a > $SHELL_DATA/before", "stty -a > $SHELL_DATA/after"] as const;
    await this.terminal.type(`${around[0]}; ${command}; echo "code $?"; ${around[1]}; echo over\n`);
  }

  /**
   * Waits until the command has ended, with this exit code and the terminal as it was before.
   *
   * @param code What `$?` should be.
   * @returns Everything that the terminal has shown.
   * @throws {Error} If it does not end so.
   */
  async endsWith(code: number): Promise<string> {
    const screen = await this.terminal.waitFor(/^code \d+\nover$/m, {
      part: "all",
      timeout: 20_000,
    });
    deepStrictEqual(/^code \d+$/m.exec(screen)?.[0], `code ${code}`, screen);
    const [before, after] = await Promise.all(
      ["before", "after"].map((name) => Deno.readTextFile(join(this.#folder, name))),
    );
    deepStrictEqual(after, before);
    return screen;
  }

  /** Sends a signal to the process whose id the command has written to `$SHELL_DATA/pid`. */
  async signal(name: Deno.Signal): Promise<void> {
    Deno.kill(Number(await Deno.readTextFile(join(this.#folder, "pid"))), name);
  }

  /** Ends the terminal and what runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
