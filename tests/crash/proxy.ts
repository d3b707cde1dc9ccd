/**
 * A network that breaks as planned: it stands between one client and the server, passes octets on, and
 * drops, cuts inside a frame, resets, half-closes, swallows or delays.
 *
 * | fault | what happens once so many octets have passed in its direction |
 * |---|---|
 * | `drop` | both sides see the end of the stream |
 * | `cut` | as `drop`, and the last octets passed on are a part of a frame |
 * | `swallow` | what was read last, an acknowledgement perhaps, goes to nobody; then as `drop` |
 * | `reset` | closed with octets unread: the kernel answers with RST (RFC 2525 §2.17), since Deno has no SO_LINGER |
 * | `half-close` | the receiver of the direction sees its end; the other direction goes on |
 * | `delay` | the next twenty pieces of the direction come late, one after the other |
 *
 * A planned fault waits until a connection is there and carries enough. The octets themselves are never
 * changed: that is what tests/transport/link_tampering_test.ts is for.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";

/** What can go wrong. */
export const FAULTS = ["drop", "cut", "swallow", "reset", "half-close", "delay"] as const;

/** One thing that goes wrong. */
export interface Fault {
  /** What. */
  readonly kind: typeof FAULTS[number];
  /** In which direction, seen from the client. */
  readonly direction: "up" | "down";
  /** Octets that pass in the direction before, counted from when the fault is armed. */
  readonly after: number;
  /** `delay`: milliseconds for each piece. */
  readonly ms: number;
}

/** Smaller than most frames, so that a piece is seldom a whole number of them. */
const PIECE = 256;

/** Pieces that a `delay` slows down; then the connection is sound again. */
const DELAYED_PIECES = 20;

const LINE_FEED = 0x0a;

interface Wire {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  armed: { readonly fault: Fault; left: number } | null;
  isStruck: boolean;
  delayed: number;
}

/** A proxy on a port of 127.0.0.1. */
export class FaultyProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: () => number;
  readonly #end = new AbortController();
  readonly #wires = new Set<Wire>();
  readonly #work: Promise<void>[] = [];
  #planned: Fault[] = [];
  #cuts = 0;
  #delays = 0;

  /** @param target Tells the server's port on 127.0.0.1. */
  constructor(target: () => number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#work.push(this.#accept());
  }

  /** Where the client connects to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connections that were broken here. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Connections that were slowed down here. */
  get delays(): number {
    return this.#delays;
  }

  /** Plans faults: one for the connection that there is, the others for those after it. */
  plan(faults: readonly Fault[]): void {
    this.#planned.push(...faults);
    for (const wire of this.#wires) this.#arm(wire);
  }

  /** Forgets what is planned and what is armed; what has begun goes on. */
  heal(): void {
    this.#planned = [];
    for (const wire of this.#wires) wire.armed = null;
  }

  /** Breaks all connections and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#listener.close();
    for (const wire of this.#wires) close(wire);
    // Connections accepted in the meantime add work while this is waited for.
    while (this.#work.length > 0) await this.#work.pop();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) this.#work.push(this.#serve(client));
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target() });
    } catch {
      // There is no server at present: the client finds out.
      return client.close();
    }
    const wire: Wire = { client, server, armed: null, isStruck: false, delayed: 0 };
    this.#wires.add(wire);
    this.#arm(wire);
    if (this.#end.signal.aborted) close(wire);
    await Promise.all([this.#pass(wire, "up"), this.#pass(wire, "down")]);
    close(wire);
    this.#wires.delete(wire);
  }

  #arm(wire: Wire): void {
    if (wire.armed !== null || wire.isStruck) return;
    const fault = this.#planned.shift();
    if (fault !== undefined) wire.armed = { fault, left: fault.after };
  }

  async #pass(wire: Wire, direction: "up" | "down"): Promise<void> {
    const [from, to] = direction === "up" ? [wire.client, wire.server] : [wire.server, wire.client];
    const buffer = new Uint8Array(PIECE);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) return await to.closeWrite();
        const fault = this.#due(wire, { direction, count });
        if (fault?.kind === "delay") await pause(fault.ms, undefined, this.#end);
        const octets = buffer.subarray(0, count);
        if (fault === null || fault.kind === "delay") await writeAll(to, octets);
        else return await strike(fault, { wire, from, to, octets });
      }
    } catch {
      // One side is gone, or this is the end: so is the other.
      close(wire);
    }
  }

  /** The fault that strikes now. */
  #due(
    wire: Wire,
    { direction, count }: { readonly direction: "up" | "down"; readonly count: number },
  ): Fault | null {
    const { armed } = wire;
    if (armed === null || armed.fault.direction !== direction) return null;
    armed.left -= count;
    if (armed.left > 0) return null;
    const isDelay = armed.fault.kind === "delay";
    if (!wire.isStruck) {
      wire.isStruck = true;
      if (isDelay) this.#delays++;
      else this.#cuts++;
    }
    if (isDelay && ++wire.delayed > DELAYED_PIECES) return null;
    return armed.fault;
  }
}

async function strike(
  { kind }: Fault,
  on: {
    readonly wire: Wire;
    readonly from: Deno.TcpConn;
    readonly to: Deno.TcpConn;
    readonly octets: Uint8Array;
  },
): Promise<void> {
  const { wire, from, to, octets } = on;
  switch (kind) {
    case "cut": {
      const lineEnd = octets.indexOf(LINE_FEED);
      await writeAll(to, octets.subarray(0, lineEnd > 0 ? lineEnd : octets.length >> 1));
      break;
    }
    case "drop":
      await writeAll(to, octets);
      break;
    case "half-close":
      await writeAll(to, octets);
      return await to.closeWrite();
    case "reset":
      await writeAll(to, octets);
      // What comes with the next octet stays unread.
      await from.read(new Uint8Array(1));
      break;
  }
  close(wire);
}

async function writeAll(to: Deno.TcpConn, octets: Uint8Array): Promise<void> {
  for (let done = 0; done < octets.length;) done += await to.write(octets.subarray(done));
}

function close({ client, server }: Wire): void {
  for (const conn of [client, server]) {
    try {
      conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}
