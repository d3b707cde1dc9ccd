/**
 * What typing costs while 500 messages per second arrive, against an idle terminal.
 *
 * `deno bench -A bench/typing_bench.ts`. Each iteration presses one key and waits until the terminal has
 * been told of it, at the level of the face: the machine's terminal takes its own time. The figure to
 * quote is the ratio of the two.
 *
 * @module
 */

import { TerminalFace } from "../client/terminal/terminal_face.ts";
import type { TerminalStreams } from "../client/streams.ts";

const PER_SECOND = 500;

/** A terminal that throws away what it is told, and says when a text was in it. */
class NullTerminal implements TerminalStreams {
  readonly isTyped = true;
  #piece = Promise.withResolvers<Uint8Array>();
  #told = Promise.withResolvers<void>();
  #wanted = "";

  /** Presses a key; resolves when the input ends with that letter. */
  async press(key: string, wanted: string): Promise<void> {
    this.#wanted = wanted;
    this.#told = Promise.withResolvers();
    this.#piece.resolve(new TextEncoder().encode(key));
    await this.#told.promise;
  }

  async read(): Promise<Uint8Array> {
    const piece = await this.#piece.promise;
    this.#piece = Promise.withResolvers();
    return piece;
  }

  write(_stream: string, text: string): Promise<void> {
    if (text.includes(`${this.#wanted}\x1b[?2026l`)) this.#told.resolve();
    return Promise.resolve();
  }

  setMode(): void {}

  size(): { readonly columns: number; readonly rows: number } {
    return { columns: 100, rows: 30 };
  }

  watch(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  suspend(): Promise<void> {
    return Promise.resolve();
  }
}

interface Typist {
  readonly face: TerminalFace;
  /** Types a letter, or deletes it again. */
  press(): Promise<void>;
}

/** A face in which something is being typed, with so much text before it. */
function typist(before: string): Typist {
  const terminal = new NullTerminal();
  const face = new TerminalFace(terminal, {
    interrupted: () => {},
    now: Date.now,
    hasLooks: true,
  });
  face.loggedIn("bob");
  void face.line();
  const keys = [before];
  return {
    face,
    async press() {
      const key = keys.shift() ?? "x";
      if (keys.length === 0) keys.push(key === "x" ? "\x7f" : "x");
      await terminal.press(key, key === "x" ? "x" : before.slice(-1));
    },
  };
}

let id = 0;

/** Something that somebody says. */
function say(face: TerminalFace): void {
  id++;
  const entry = {
    t: "message",
    id,
    conversation: "lobby",
    at: Date.now(),
    kind: "lobby",
    from: `user${id % 20}`,
    to: "lobby",
    body: `message ${id}: what people say when they talk to each other`,
  } as const;
  void face.show({ type: "entry", entry });
}

/** Lets messages arrive, at this rate on the average, until the process ends. */
function talk(face: TerminalFace): void {
  const since = performance.now();
  let said = 0;
  const timer = setInterval(() => {
    const due = (performance.now() - since) * PER_SECOND / 1_000;
    for (; said < due; said++) say(face);
  }, 1);
  Deno.unrefTimer(timer);
}

/** Keys do not come without a pause: what arrives meanwhile has its turn. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2));
}

for (
  const [name, before] of [["a short line", "hello"], ["4,000 characters", "word ".repeat(800)]]
) {
  const idle = typist(before ?? "");
  const busy = typist(before ?? "");
  const group = `one key in ${name}`;
  let isTalking = false;
  Deno.bench({
    name: `${name}, idle`,
    group,
    baseline: true,
    fn: async (b) => {
      await pause();
      b.start();
      await idle.press();
      b.end();
    },
  });
  Deno.bench({
    name: `${name}, while ${PER_SECOND} messages per second arrive`,
    group,
    fn: async (b) => {
      if (!isTalking) talk(busy.face);
      isTalking = true;
      await pause();
      b.start();
      // At worst one comes in the same moment, and first.
      say(busy.face);
      await busy.press();
      b.end();
    },
  });
}
