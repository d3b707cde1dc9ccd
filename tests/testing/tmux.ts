/**
 * A real terminal for tests: one tmux server per test, with its own socket, sent keys and looked at.
 *
 * It is not a terminal emulator of ours, and it does not know what runs in it. Needs `tmux` 3.2 or later.
 * Source: tmux(1).
 *
 * @module
 */

const CONFIGURATION = `
set -g status off
set -g remain-on-exit on
set -g history-limit 50000
set -g default-terminal tmux-256color
set -s escape-time 0
`;

/** How often `waitFor` looks at the screen, in milliseconds. */
const LOOK_EVERY = 50;

/** A bash with job control, without anybody's configuration, whose prompt is `$ `. */
const SHELL = ["env", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"];

/** What `Tmux.start` may be told. */
export interface TmuxOptions {
  /** Program and arguments; an interactive bash with the prompt `$ ` if absent. */
  readonly command?: readonly string[];
  /** Width of the terminal in cells, 80 if absent. */
  readonly columns?: number;
  /** Height of the terminal in cells, 24 if absent. */
  readonly rows?: number;
  /** Working directory; that of the test if absent. */
  readonly cwd?: string;
  /** Variables added to the environment of the program. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What `capture` may be told. */
export interface CaptureOptions {
  /** `screen` (if absent) is what is visible; `all` begins with the scrollback. */
  readonly part?: "screen" | "all";
  /** `plain` (if absent), or `styled` with the escape sequences of colours and attributes. */
  readonly text?: "plain" | "styled";
}

/** What `waitFor` may be told. */
export interface WaitOptions extends CaptureOptions {
  /** How long to wait, in milliseconds; 10,000 if absent. */
  readonly timeout?: number;
}

/**
 * One terminal with one program in it.
 *
 * ```ts
 * await using terminal = await Tmux.start({ columns: 100, rows: 30 });
 * await terminal.type("echo $((6 * 7))\n");
 * await terminal.waitFor(/^42$/m);
 * ```
 */
export class Tmux implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Starts a terminal.
   *
   * @param options Program and size.
   * @returns The terminal; disposing it ends its tmux server, and so hangs up on what runs there.
   * @throws {Error} If tmux fails; the message is its own.
   */
  static async start(options: TmuxOptions = {}): Promise<Tmux> {
    const { command = SHELL, columns = 80, rows = 24, cwd = Deno.cwd(), env = {} } = options;
    const folder = await Deno.makeTempDir({ prefix: "tmux-" });
    const tmux = new Tmux(folder);
    try {
      await Deno.writeTextFile(`${folder}/conf`, CONFIGURATION);
      const size = ["-x", String(columns), "-y", String(rows)];
      const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
      await tmux.#run("new-session", "-d", ...size, "-c", cwd, ...variables, "--", ...command);
    } catch (error) {
      await tmux[Symbol.asyncDispose]();
      throw error;
    }
    return tmux;
  }

  /**
   * Presses keys, in tmux's names: `Enter`, `Tab`, `Up`, `BSpace`, `C-z`, `M-b`, `q`.
   *
   * @param keys One key each; a word that is no name of a key is typed.
   */
  async sendKeys(...keys: readonly string[]): Promise<void> {
    await this.#run("send-keys", "--", ...keys);
  }

  /**
   * Types text to the letter.
   *
   * @param text What to type; a line feed is the Enter key.
   */
  async type(text: string): Promise<void> {
    await this.#run("send-keys", "-l", "--", text.replaceAll("\n", "\r"));
  }

  /**
   * Pastes text, bracketed if the program has asked for that.
   *
   * @param text What to paste; line feeds arrive as carriage returns, as from any terminal.
   */
  async paste(text: string): Promise<void> {
    await this.#run("set-buffer", "--", text);
    await this.#run("paste-buffer", "-p", "-d");
  }

  /**
   * Changes the size of the terminal; the program gets SIGWINCH.
   *
   * @param columns Width in cells.
   * @param rows Height in cells.
   */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /**
   * Reads the terminal.
   *
   * @param options Which part, and how.
   * @returns The lines, without blanks at their ends and empty lines at the end.
   */
  async capture(options: CaptureOptions = {}): Promise<string> {
    const part = options.part === "all" ? ["-S", "-"] : [];
    const text = options.text === "styled" ? ["-e"] : [];
    return (await this.#run("capture-pane", "-p", ...part, ...text)).trimEnd();
  }

  /**
   * Where the cursor is.
   *
   * @returns Cells from the left and from the top, both from 0.
   */
  async cursor(): Promise<{ readonly column: number; readonly row: number }> {
    const [column, row] = (await this.#format("#{cursor_x} #{cursor_y}")).split(" ");
    return { column: Number(column), row: Number(row) };
  }

  /**
   * The process of the program.
   *
   * @returns Its process id.
   */
  async pid(): Promise<number> {
    return Number(await this.#format("#{pane_pid}"));
  }

  /**
   * How the program has ended.
   *
   * @returns Its exit code, or `undefined` while it runs and if a signal ended it.
   */
  async exitCode(): Promise<number | undefined> {
    const code = await this.#format("#{pane_dead_status}");
    return code === "" ? undefined : Number(code);
  }

  /**
   * Waits until the terminal shows something.
   *
   * @param pattern What to find: a text, an expression, or a condition on the whole.
   * @param options How long, and where to look.
   * @returns The terminal as it was when it matched.
   * @throws {Error} If the time is over; the message shows the terminal as it was at the end.
   */
  async waitFor(
    pattern: string | RegExp | ((screen: string) => boolean),
    options: WaitOptions = {},
  ): Promise<string> {
    const { timeout = 10_000 } = options;
    const end = performance.now() + timeout;
    while (true) {
      const screen = await this.capture(options);
      if (matches(screen, pattern)) return screen;
      if (performance.now() > end) {
        throw new Error(`Cannot find ${pattern} in the terminal after ${timeout} ms:\n${screen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  /**
   * Waits until the cursor is in a column.
   *
   * @param column Counted from 0.
   * @throws {Error} If that does not happen within ten seconds.
   */
  async waitForCursor(column: number): Promise<void> {
    const end = performance.now() + 10_000;
    while (true) {
      const cursor = await this.cursor();
      if (cursor.column === column) return;
      if (performance.now() > end) {
        throw new Error(`The cursor is in column ${cursor.column}, not in ${column}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  /** Ends the tmux server of this terminal, and only that; what ran in it gets SIGHUP. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#run("kill-server");
    } catch {
      // It has ended by itself, or it never started.
    }
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #format(format: string): Promise<string> {
    return (await this.#run("display-message", "-p", format)).trimEnd();
  }

  async #run(...args: readonly string[]): Promise<string> {
    const own = ["-S", `${this.#folder}/socket`, "-f", `${this.#folder}/conf`];
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: [...own, ...args],
      env: { LC_ALL: "C.UTF-8" },
      stdin: "null",
    }).output();
    if (!success) {
      const reason = new TextDecoder().decode(stderr).trim();
      throw new Error(`Cannot run tmux ${args[0]}: ${reason}`);
    }
    return new TextDecoder().decode(stdout);
  }
}

function matches(
  screen: string,
  pattern: string | RegExp | ((screen: string) => boolean),
): boolean {
  if (typeof pattern === "string") return screen.includes(pattern);
  return typeof pattern === "function" ? pattern(screen) : screen.search(pattern) >= 0;
}
