/**
 * A network that breaks as planned: it stands between one client and the server, passes octets on, and
 * drops, cuts inside a frame, resets, half-closes, swallows or delays.
 *
 * | fault | what happens once so many octets have passed in its direction |
 * |---|---|
 * | `drop` | both sides see the end of the stream |
 * | `cut` | as `drop`, and the last octets passed on are a part of a frame |
 * | `swallow` | what was read last, an acknowledgement perhaps, goes to nobody; then as `drop` |
 * | `reset` | both sides get RST (`resetAndDestroy`: of Deno's own connections none can) |
 * | `half-close` | the receiver of the direction sees its end; the other direction goes on |
 * | `delay` | the next twenty pieces of the direction come late, one after the other |
 *
 * A planned fault waits until a connection is there and carries enough. The octets themselves are never
 * changed: that is what tests/transport/link_tampering_test.ts is for.
 *
 * @module
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
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

/** Pieces that a `delay` slows down; then the connection is sound again. */
const DELAYED_PIECES = 20;

const LINE_FEED = 0x0a;

interface Wire {
  readonly client: Socket;
  readonly server: Socket;
  armed: { readonly fault: Fault; left: number } | null;
  isStruck: boolean;
  delayed: number;
}

/** A proxy on a port of 127.0.0.1. */
export class FaultyProxy implements AsyncDisposable {
  readonly #listener: Server;
  readonly #target: () => number;
  readonly #end = new AbortController();
  readonly #wires = new Set<Wire>();
  readonly #work = new Set<Promise<void>>();
  #planned: Fault[] = [];
  #cuts = 0;
  #delays = 0;

  private constructor(target: () => number) {
    this.#target = target;
    this.#listener = createServer({ allowHalfOpen: true }, (client) => {
      const work = this.#serve(client).finally(() => this.#work.delete(work));
      this.#work.add(work);
    });
  }

  /**
   * Listens.
   *
   * @param target Tells the server's port on 127.0.0.1.
   */
  static async open(target: () => number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    return proxy;
  }

  /** Where the client connects to. */
  get port(): number {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") {
      throw new Error("Cannot tell the port: the proxy does not listen");
    }
    return address.port;
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

  /** Forgets what is planned and what is armed. */
  heal(): void {
    this.#planned = [];
    for (const wire of this.#wires) wire.armed = null;
  }

  /** Breaks all connections and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const wire of this.#wires) destroy(wire);
    await Promise.all([closed, ...this.#work]);
  }

  async #serve(client: Socket): Promise<void> {
    const server = connect({ host: "127.0.0.1", port: this.#target(), allowHalfOpen: true });
    const wire: Wire = { client, server, armed: null, isStruck: false, delayed: 0 };
    const closed = [client, server].map((socket) => {
      // A connection that fails is closed as well; who it was is not looked at.
      socket.on("error", () => destroy(wire));
      return new Promise((resolve) => socket.once("close", resolve));
    });
    this.#wires.add(wire);
    this.#arm(wire);
    if (this.#end.signal.aborted) destroy(wire);
    await Promise.all([this.#pass(wire, "up"), this.#pass(wire, "down")]);
    destroy(wire);
    await Promise.all(closed);
    this.#wires.delete(wire);
  }

  #arm(wire: Wire): void {
    if (wire.armed !== null || wire.isStruck) return;
    const fault = this.#planned.shift();
    if (fault !== undefined) wire.armed = { fault, left: fault.after };
  }

  async #pass(wire: Wire, direction: "up" | "down"): Promise<void> {
    const { client, server } = wire;
    const [from, to] = direction === "up" ? [client, server] : [server, client];
    try {
      for await (const octets of from.iterator({ destroyOnReturn: false })) {
        const fault = this.#due(wire, { direction, count: octets.length });
        if (fault?.kind === "delay") await pause(fault.ms, undefined, { signal: this.#end.signal });
        if (fault === null || fault.kind === "delay") await write(to, octets);
        else return await strike(fault, { wire, to, octets });
      }
      to.end();
    } catch {
      // One side is gone, or this is the end: so is the other.
      destroy(wire);
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
  { wire, to, octets }: { readonly wire: Wire; readonly to: Socket; readonly octets: Uint8Array },
): Promise<void> {
  switch (kind) {
    case "cut": {
      const lineEnd = octets.indexOf(LINE_FEED);
      await write(to, octets.subarray(0, (lineEnd > 0 ? lineEnd : octets.length) >> 1));
      return destroy(wire);
    }
    case "drop":
      await write(to, octets);
      return destroy(wire);
    case "half-close":
      await write(to, octets);
      return void to.end();
    case "reset":
      await write(to, octets);
      wire.client.resetAndDestroy();
      wire.server.resetAndDestroy();
      return;
    case "swallow":
      return destroy(wire);
  }
}

function write(to: Socket, octets: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(octets, (error) => error ? reject(error) : resolve());
  });
}

function destroy({ client, server }: Wire): void {
  client.destroy();
  server.destroy();
}
