/**
 * A program that does nothing but watch its keyboard, for `keyboard_test.ts`.
 *
 * Prints `ready`, the notice if there is one, `end` at the end of piped input; and at `q` `quit`, at
 * SIGINT or SIGTERM `signal`, then ends with exit code 0; SIGHUP does nothing. It is not the server.
 *
 * @module
 */

import process from "node:process";
import { watchKeyboard } from "../../server/keyboard.ts";

const encoder = new TextEncoder();

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

function endWith(line: string): () => void {
  return () => {
    print(line);
    Deno.exit(0);
  };
}

Deno.addSignalListener("SIGINT", endWith("signal"));
Deno.addSignalListener("SIGTERM", endWith("signal"));
Deno.addSignalListener("SIGHUP", () => {});
const keyboard = watchKeyboard({ onQuit: endWith("quit") });
if (keyboard.notice !== undefined) print(keyboard.notice);
print("ready");
if (!Deno.stdin.isTerminal()) process.stdin.once("end", () => print("end"));
// Stands for the server's socket, which keeps the process running.
setInterval(() => {}, 60_000);
