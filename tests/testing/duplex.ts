/**
 * Two connected ends in memory that pass for `Deno.Conn` as far as `transport/` uses it.
 *
 * Like TCP: octets arrive in order, in pieces of any size; closing one end ends the stream of the
 * other after what is under way; a pending read or write of a closed end rejects with `Interrupted`,
 * later ones with `BadResource`. Unlike TCP: no buffer fills up by itself; a test says when writes
 * hang (`stall`).
 *
 * @module
 */

/** One end. */
export class DuplexEnd implements Deno.Conn {
  /** What was written here, one array for each call of `write`. */
  readonly writes: Uint8Array[] = [];
  /** The most octets that one call of `write` takes. */
  mostPerWrite: number = Infinity;
  /** Where the peer is said to be. */
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "192.0.2.1", port: 50_000 };
  /** Where this end is said to be. */
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "192.0.2.2", port: 9_999 };
  #peer: DuplexEnd | null = null;
  #incoming: Uint8Array[] = [];
  #ended = false;
  #broken: Error | null = null;
  #closed = false;
  #stalled = false;
  #wake = new Set<() => void>();

  /** Whether this end has been closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** All that was written here. */
  get written(): Uint8Array {
    return Uint8Array.from(this.writes.flatMap((piece) => [...piece]));
  }

  /** Connects two ends. */
  connect(peer: DuplexEnd): void {
    this.#peer = peer;
  }

  /** Makes writes hang, as those to a peer who does not read. */
  stall(): void {
    this.#stalled = true;
  }

  /** Lets writes go on. */
  flow(): void {
    this.#stalled = false;
    this.#changed();
  }

  /** Breaks the connection off: reading at this end fails. */
  reset(): void {
    this.#broken = new Deno.errors.ConnectionReset("Connection reset by peer");
    this.#changed();
  }

  /** See `Deno.Conn`. */
  async read(buffer: Uint8Array): Promise<number | null> {
    this.#refuseIfClosed();
    while (this.#incoming.length === 0) {
      if (this.#broken !== null) throw this.#broken;
      if (this.#ended) return null;
      await this.#change();
    }
    const [piece = new Uint8Array(), ...later] = this.#incoming;
    const taken = piece.subarray(0, buffer.length);
    buffer.set(taken);
    const rest = piece.subarray(taken.length);
    this.#incoming = rest.length === 0 ? later : [rest, ...later];
    return taken.length;
  }

  /** See `Deno.Conn`. */
  async write(octets: Uint8Array): Promise<number> {
    this.#refuseIfClosed();
    while (this.#stalled) await this.#change();
    if (this.#peer?.closed !== false) throw new Deno.errors.BrokenPipe("Broken pipe");
    const taken = octets.slice(0, this.mostPerWrite);
    this.writes.push(taken);
    this.#peer.#arrive(taken);
    return taken.length;
  }

  /** See `Deno.Conn`. */
  close(): void {
    this.#refuseIfClosed();
    this.#closed = true;
    this.#changed();
    this.#endPeer();
  }

  /** See `Deno.Conn`. */
  closeWrite(): Promise<void> {
    this.#endPeer();
    return Promise.resolve();
  }

  /** See `Deno.Conn`. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** There is nothing to keep alive. */
  ref(): void {}

  /** There is nothing to keep alive. */
  unref(): void {}

  /** Not used by `transport/`. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    throw new Error("Cannot stream duplex end: use read");
  }

  /** Not used by `transport/`. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    throw new Error("Cannot stream duplex end: use write");
  }

  #arrive(piece: Uint8Array): void {
    if (piece.length > 0) this.#incoming.push(piece);
    this.#changed();
  }

  #endPeer(): void {
    if (this.#peer === null) return;
    this.#peer.#ended = true;
    this.#peer.#changed();
  }

  #changed(): void {
    const waiting = [...this.#wake];
    this.#wake.clear();
    for (const wake of waiting) wake();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake.add(resolve));
    if (this.#closed) throw new Deno.errors.Interrupted("operation canceled");
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
  }
}

/** Makes two connected ends. */
export function duplexPair(): [DuplexEnd, DuplexEnd] {
  const [one, other] = [new DuplexEnd(), new DuplexEnd()];
  one.connect(other);
  other.connect(one);
  return [one, other];
}
