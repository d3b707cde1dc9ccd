/**
 * The real client in this process, with a real socket and a data folder of its own: a device of a user,
 * that a pipe writes to and reads from.
 *
 * It is run again and again like a program; what it remembers is in its folder.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { Credentials } from "../../client/credentials.ts";
import { PlainFace } from "../../client/plain_face.ts";
import { run } from "../../client/run.ts";
import type { Stream, Streams } from "../../client/streams.ts";
import { type Expected, Lines, PATIENCE } from "./lines.ts";
import { passwordOf } from "./scene.ts";
import { within } from "./within.ts";

/** Where a device logs in. */
export interface DeviceOptions {
  /** The name. */
  readonly user: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** What the server must show. */
  readonly fingerprint: string;
  /** The folder for data. */
  readonly folder: string;
  /** Whether somebody types there, who can be asked; a pipe by default. */
  readonly isTyped?: boolean;
}

/** A run of the client. */
export class Device implements AsyncDisposable {
  /** Standard output. */
  readonly out: Lines;
  /** Standard error. */
  readonly err: Lines;
  /** Whose it is. */
  readonly user: string;
  readonly #streams: MemoryStreams;
  readonly #stop = new AbortController();
  readonly #code: Promise<number>;

  /**
   * Begins a run.
   *
   * @param options Whose, and where.
   */
  constructor(options: DeviceOptions) {
    this.user = options.user;
    this.#streams = new MemoryStreams(options.isTyped ?? false);
    const explain = () => `standard output:\n${this.out.text}\nstandard error:\n${this.err.text}`;
    this.out = new Lines(this.#streams.readable("out"), { explain });
    this.err = new Lines(this.#streams.readable("err"), { explain });
    this.#code = this.#run(options).finally(() => this.#streams.end());
    this.#code.catch(() => {});
  }

  /** Waits for the next lines of standard output, see `Lines.sees`. */
  async sees(...expected: readonly Expected[]): Promise<void> {
    await this.out.sees(...expected);
  }

  /** Types lines. */
  types(...lines: readonly string[]): void {
    for (const line of lines) this.#streams.type(`${line}\n`);
  }

  /** Types `@rekey`, and the password as often as it is asked for; it stays the same. */
  async rekeys(): Promise<void> {
    this.types("@rekey");
    const questions = [
      `Present password for ${this.user}:`,
      `New password for ${this.user}:`,
      "The same password again:",
    ];
    for (const question of questions) {
      await this.err.until(question);
      this.types(passwordOf(this.user));
    }
  }

  /**
   * Leaves, and waits for the end.
   *
   * @param code The exit code that it must have.
   * @throws {Error} If there is a line that nobody waited for.
   */
  async quits(code = 0): Promise<void> {
    this.types("@quit");
    await this.sees("Goodbye!");
    strictEqual(await within(PATIENCE, this.#code), code, this.err.text);
    await Promise.all([this.out.ended, this.err.ended]);
    strictEqual(this.out.rest.length, 0, this.out.text);
  }

  /** Ends it like a signal, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#code;
    await Promise.all([this.out.ended, this.err.ended]);
  }

  #run({ user, port, fingerprint, folder }: DeviceOptions): Promise<number> {
    const face = new PlainFace(this.#streams);
    return run({
      options: {
        host: "127.0.0.1",
        port,
        fingerprint,
        strict: false,
        forget: false,
        register: true,
        plain: true,
        timeout: 30,
        debug: false,
      },
      face,
      credentials: new Credentials(face, { user, password: passwordOf(user) }),
      file: null,
      data: folder,
      secret: null,
      dial: ({ host, port }, signal) => Deno.connect({ hostname: host, port, signal }),
      now: Date.now,
      uptime: () => performance.now(),
      random: Math.random,
      // Waits between connections are over at once.
      pause: () => Promise.resolve(),
      signal: this.#stop.signal,
      log: getLogger("test"),
    });
  }
}

/** A pipe in, two out. */
class MemoryStreams implements Streams {
  readonly isTyped: boolean;
  readonly #input: Uint8Array[] = [];
  readonly #outputs = { out: new TransformStream(), err: new TransformStream() };
  readonly #writers = {
    out: this.#outputs.out.writable.getWriter(),
    err: this.#outputs.err.writable.getWriter(),
  };
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(isTyped: boolean) {
    this.isTyped = isTyped;
  }

  readable(stream: Stream): ReadableStream<Uint8Array> {
    return this.#outputs[stream].readable;
  }

  type(text: string): void {
    this.#input.push(new TextEncoder().encode(text));
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
    for (const writer of Object.values(this.#writers)) writer.close().catch(() => {});
  }

  async read(): Promise<Uint8Array | null> {
    while (true) {
      const piece = this.#input.shift();
      if (piece !== undefined) return piece;
      if (this.#hasEnded) return null;
      await this.#changed.promise;
    }
  }

  async write(stream: Stream, text: string): Promise<void> {
    if (!this.#hasEnded) await this.#writers[stream].write(new TextEncoder().encode(text));
  }

  setMode(): void {}

  columns(): number {
    return 80;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
