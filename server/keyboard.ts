/**
 * How the server hears `q` or `Q` (PRODUCT §1, "Stopping the server").
 *
 * | standard input | in the foreground | in the background | foreground cannot be known |
 * |---|---|---|---|
 * | terminal | one key press; a line where `stty` is missing | untouched until `fg` | untouched; a notice says so |
 * | anything else | a line `q`; end of input means nothing | the same | the same |
 *
 * A process that reads its terminal, or sets its mode, from the background is stopped by SIGTTIN or
 * SIGTTOU, with all its clients waiting. Found by running (Deno 2.9.6, Linux, bash):
 *
 * - A pending `Deno.stdin.read` cannot be taken back: after Ctrl-Z and `bg` it stops the job again.
 *   `process.stdin` polls and reads only what is there, and its `pause()` takes effect at once.
 * - Pausing at SIGCONT is too late if something is typed already, so it pauses before Ctrl-Z takes effect.
 * - Listening for SIGTTIN or SIGTTOU makes the kernel restart the call for ever, at 180 % CPU.
 * - `Deno.stdin.setRaw` leaves an exit handler that sets the mode again, whatever was undone before;
 *   in the background that handler stops the process in the middle of its exit. `stty` leaves nothing.
 * - bash sends no SIGCONT when `fg` takes a job that runs already: the background has to look now and then.
 *
 * It is not a line editor, and it does not end the process: that is `onQuit`.
 *
 * @module
 */

import { type KeyboardInput, standardInput } from "./standard_input.ts";

/** More of a line is not kept, in octets: `q` with white space around it is shorter. */
const MAX_LINE = 16;

const ESCAPE = 0x1b;

/** What `watchKeyboard` is given. */
export interface KeyboardOptions {
  /** Called for every `q` or `Q`, so twice for two. */
  readonly onQuit: () => void;
  /** The platform; standard input if absent. */
  readonly input?: KeyboardInput;
}

/** A watched keyboard. Disposing ends the watch and restores the mode of the terminal; twice does no harm. */
export interface Keyboard extends Disposable {
  /** One line for the operator where a single key is not enough, else `undefined`. */
  readonly notice: string | undefined;
}

/**
 * Calls `onQuit` when the operator asks for the end of the server.
 *
 * @param options Whom to call, and for tests what to read.
 * @returns The watch, to be disposed before the process ends; the event `unload` disposes it too.
 */
export function watchKeyboard(options: KeyboardOptions): Keyboard {
  const { onQuit, input = standardInput() } = options;
  if (!input.terminal) {
    input.listen(lineReader(onQuit));
    return { notice: undefined, [Symbol.dispose]: () => input.pause() };
  }
  if (input.foreground() === undefined) {
    const notice =
      "The keyboard is not read: without -A the server cannot know whether it is in the " +
      "foreground. Stop it with Ctrl-C or SIGTERM.";
    return { notice, [Symbol.dispose]: () => {} };
  }
  return watchTerminal(input, onQuit);
}

function watchTerminal(input: KeyboardInput, onQuit: () => void): Keyboard {
  const readLine = lineReader(onQuit);
  const readKeys = keyReader(onQuit);
  let listening = false;
  let disposed = false;
  let keys = true;

  function take(): void {
    if (input.foreground() !== true) return release();
    // Also when it listens already: the shell may have set its own mode in the meantime.
    keys = input.setMode("keys");
    if (!listening) input.listen((bytes) => keys ? readKeys(bytes) : readLine(bytes));
    listening = true;
  }

  function release(): void {
    if (!listening) return;
    input.pause();
    listening = false;
    if (keys && input.foreground() === true) input.setMode("lines");
  }

  function dispose(): void {
    if (disposed) return;
    disposed = true;
    watch[Symbol.dispose]();
    release();
  }

  const watch = input.watch((event) => {
    if (event === "exiting") dispose();
    else if (event === "stopping") release();
    else if (event === "continued" || !listening) take();
  });
  take();
  const notice = keys
    ? undefined
    : "Single keys cannot be read: type q and Enter to stop the server.";
  return { notice, [Symbol.dispose]: dispose };
}

function keyReader(onQuit: () => void): (bytes: Uint8Array) => void {
  return (bytes) => {
    // Cursor and function keys arrive as one piece; a letter in them is not a key of its own.
    if (bytes[0] === ESCAPE) return;
    for (const byte of bytes) if (isQuit(String.fromCharCode(byte))) onQuit();
  };
}

function lineReader(onQuit: () => void): (bytes: Uint8Array) => void {
  let line = "";
  return (bytes) => {
    for (const byte of bytes) {
      const character = String.fromCharCode(byte);
      if (character === "\n") {
        // One that has reached the limit may have been cut.
        const quit = line.length < MAX_LINE && isQuit(line.trim());
        line = "";
        if (quit) onQuit();
      } else if (line.length < MAX_LINE) line += character;
    }
  };
}

function isQuit(text: string): boolean {
  return text === "q" || text === "Q";
}
