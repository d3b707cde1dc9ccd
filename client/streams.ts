/**
 * Standard input and output as the faces want them, so that tests can put others in their place.
 *
 * @module
 */

import { writeAll } from "../transport/write_all.ts";

/** Where a line goes. */
export type Stream = "out" | "err";

/** What a face reads and writes. */
export interface Streams {
  /** Whether standard input is a terminal. */
  readonly isTyped: boolean;
  /** Reads some octets; `null` at the end. */
  read(): Promise<Uint8Array | null>;
  /**
   * Writes all of a text.
   *
   * @throws {Deno.errors.BrokenPipe} Or another error of the system, when nobody reads any more.
   */
  write(stream: Stream, text: string): Promise<void>;
  /** Lets the terminal hand over single keys without echo, or whole lines as before. */
  setMode(mode: "keys" | "lines"): void;
}

/** What happens to a terminal. */
export interface TerminalEvents {
  /** It has another size. */
  readonly resized: () => void;
  /** The process was stopped, and goes on. */
  readonly continued: () => void;
}

/** Streams of which all are a terminal. */
export interface TerminalStreams extends Streams {
  /** Its size at present. */
  size(): { readonly columns: number; readonly rows: number };
  /** Tells what happens to it, until that is disposed of. */
  watch(events: TerminalEvents): Disposable;
  /** Stops the process, as the terminal does at Ctrl-Z; resolves when it goes on. */
  suspend(): Promise<void>;
}

/** Milliseconds after which a process that was to be stopped and runs will not be stopped. */
const STOPPED_BY_NOW = 500;

/**
 * The streams of this process.
 *
 * @returns Nothing is read or set before it is asked for.
 */
export function standardStreams(): TerminalStreams {
  const isTyped = Deno.stdin.isTerminal();
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(65_536);
  let mode = "lines";
  return {
    isTyped,
    async read() {
      const length = await Deno.stdin.read(buffer);
      return length === null ? null : buffer.slice(0, length);
    },
    write: (stream, text) =>
      writeAll(stream === "out" ? Deno.stdout : Deno.stderr, encoder.encode(text)),
    setMode(wanted) {
      // Only what was changed is changed back: the mode may be none of ours.
      if (!isTyped || wanted === mode) return;
      mode = wanted;
      Deno.stdin.setRaw(wanted === "keys");
    },
    size() {
      try {
        const { columns, rows } = Deno.consoleSize();
        return { columns: columns || 80, rows: rows || 24 };
      } catch {
        return { columns: 80, rows: 24 };
      }
    },
    watch({ resized, continued }) {
      const listeners = new DisposableStack();
      // Windows has neither; the size is asked for at each refresh in any case.
      if (Deno.build.os === "windows") return listeners;
      listeners.use(onSignal("SIGWINCH", resized));
      listeners.use(onSignal("SIGCONT", continued));
      return listeners;
    },
    async suspend() {
      if (Deno.build.os === "windows") return;
      const { promise, resolve } = Promise.withResolvers<void>();
      using _listener = onSignal("SIGCONT", resolve);
      // Without a shell that could continue it, the system does not stop it.
      const timer = setTimeout(resolve, STOPPED_BY_NOW);
      // The whole job, as the terminal would: what started this process waits for it.
      Deno.kill(0, "SIGTSTP");
      await promise;
      clearTimeout(timer);
    },
  };
}

function onSignal(signal: Deno.Signal, listener: () => void): Disposable {
  Deno.addSignalListener(signal, listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener(signal, listener) };
}
