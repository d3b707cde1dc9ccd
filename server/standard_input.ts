/**
 * Standard input as the keyboard wants it: may it be touched, in which mode, bytes, signals.
 *
 * The only place that knows the platform; what is done with it is `keyboard.ts`. It parses no line.
 *
 * Whether the process owns its terminal is in `/proc/self/stat` (proc(5)) on Linux, a file that Deno opens
 * only to those who may do everything; elsewhere, and with less, `ps` says it if it may run. Only the file
 * says whether it is safe to answer Ctrl-Z oneself; without, the kernel answers, and what is typed in the
 * instant of a following `bg` can stop the process once more.
 *
 * @module
 */

import process from "node:process";

/** How often a server in the background looks whether it is in the foreground again, in milliseconds. */
const LOOK_EVERY = 500;

/** Why it is time to look at the terminal again; `stopping` is Ctrl-Z, before it takes effect. */
export type KeyboardEvent = "continued" | "tick" | "stopping" | "exiting";

/** What the keyboard needs of the platform; tests put a fake in its place. */
export interface KeyboardInput {
  /** Whether standard input is a terminal. */
  readonly terminal: boolean;
  /** Whether the process may touch its terminal now; `undefined` if that cannot be known. */
  foreground(): boolean | undefined;
  /**
   * Lets the terminal hand over single keys without echo, or as it did in the beginning. Called in
   * the foreground only.
   *
   * @returns Whether that was done.
   */
  setMode(mode: "keys" | "lines"): boolean;
  /** Starts to read, again after `pause`. Failure and end of input are silent. */
  listen(onBytes: (bytes: Uint8Array) => void): void;
  /** Takes the pending read back. */
  pause(): void;
  /** Reports SIGTSTP, SIGCONT, the passing of time and the end of the process, until disposed. */
  watch(onEvent: (event: KeyboardEvent) => void): Disposable;
}

/**
 * Standard input of this process.
 *
 * @returns The port; nothing is read or set before it is asked to.
 */
export function standardInput(): KeyboardInput {
  let saved: string | undefined;
  let receive: ((bytes: Uint8Array) => void) | undefined;
  return {
    terminal: Deno.stdin.isTerminal(),
    foreground,
    setMode(mode) {
      if (mode === "lines") return saved !== undefined && run("stty", [saved]) !== undefined;
      saved ??= run("stty", ["-g"])?.trim();
      return saved !== undefined &&
        run("stty", ["-icanon", "-echo", "min", "1", "time", "0"]) !== undefined;
    },
    listen(onBytes) {
      if (receive === undefined) {
        process.stdin.on("data", (bytes: Uint8Array) => receive?.(bytes));
        // A terminal that hangs up (EIO), or an input that cannot be read: signals still work.
        process.stdin.on("error", () => {});
      }
      receive = onBytes;
      process.stdin.resume();
    },
    pause: () => void process.stdin.pause(),
    watch: watchPlatform,
  };
}

/** What a process is to its terminal. */
export interface Job {
  /** Its process group owns the terminal. */
  readonly foreground: boolean;
  /** A shell with job control started it, and so can continue it after Ctrl-Z. */
  readonly ofShell: boolean;
}

/**
 * Reads `/proc/self/stat` (proc(5)).
 *
 * @param stat The file: `pid (name) state ppid pgrp session tty_nr tpgid …`.
 * @returns What it says; a process without a terminal is never in the foreground.
 */
export function parseStat(stat: string): Job {
  // The name may hold blanks and parentheses itself, so the fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [group, session, owner] = [fields[2], fields[3], fields[5]];
  return { foreground: sameGroup(group, owner), ofShell: group !== session };
}

function sameGroup(group: string | undefined, owner: string | undefined): boolean {
  // Group 0 is any group outside of the PID namespace; owner -1 is no terminal at all.
  return group !== undefined && /^[1-9][0-9]*$/.test(group) && group === owner;
}

function readJob(): Job | undefined {
  if (Deno.build.os !== "linux") return undefined;
  // Asked for first, for Deno would put its question to the terminal, and read it.
  if (!granted({ name: "read", path: "/proc/self/stat" })) return undefined;
  try {
    return parseStat(Deno.readTextFileSync("/proc/self/stat"));
  } catch {
    return undefined;
  }
}

function foreground(): boolean | undefined {
  // Windows knows no job control.
  if (Deno.build.os === "windows") return true;
  const job = readJob();
  if (job !== undefined) return job.foreground;
  const groups = run("ps", ["-o", "pgid=", "-o", "tpgid=", "-p", String(Deno.pid)]);
  if (groups === undefined) return undefined;
  const [group, owner] = groups.trim().split(/\s+/);
  return sameGroup(group, owner);
}

function watchPlatform(onEvent: (event: KeyboardEvent) => void): Disposable {
  // Nobody would continue a process that no shell has started; the kernel spares it, and so must we.
  const stops = readJob()?.ofShell === true && granted({ name: "run" });
  const continues = Deno.build.os !== "windows";
  function stop(): void {
    onEvent("stopping");
    Deno.kill(Deno.pid, "SIGSTOP");
  }
  function resume(): void {
    onEvent("continued");
  }
  function exit(): void {
    onEvent("exiting");
  }
  const timer = setInterval(() => onEvent("tick"), LOOK_EVERY);
  Deno.unrefTimer(timer);
  if (stops) Deno.addSignalListener("SIGTSTP", stop);
  if (continues) Deno.addSignalListener("SIGCONT", resume);
  addEventListener("unload", exit);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (stops) Deno.removeSignalListener("SIGTSTP", stop);
      if (continues) Deno.removeSignalListener("SIGCONT", resume);
      removeEventListener("unload", exit);
    },
  };
}

/** Runs a tool on the terminal; its output, or `undefined` if it may not run, is missing or fails. */
function run(command: string, args: readonly string[]): string | undefined {
  if (!granted({ name: "run", command })) return undefined;
  try {
    const child = new Deno.Command(command, { args: [...args], stdin: "inherit", stderr: "null" });
    const { success, stdout } = child.outputSync();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
