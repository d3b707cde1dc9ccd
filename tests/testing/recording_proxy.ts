/**
 * Stands between clients and a server, passes on every octet and keeps a copy: what an observer of the
 * network has.
 *
 * @module
 */

/** One connection as an observer sees it; each string has one character for each octet. */
export interface Recording {
  /** Client to server. */
  up: string;
  /** Server to client. */
  down: string;
}

/** A proxy on a port of 127.0.0.1. */
export class RecordingProxy implements AsyncDisposable {
  /** One for each connection, in the order they were made. */
  readonly recordings: Recording[] = [];
  readonly #listener: Deno.TcpListener;
  readonly #conns = new Set<Deno.Conn>();
  readonly #work: Promise<void>[] = [];

  /** @param port The server's port on 127.0.0.1. */
  constructor(port: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#work.push(this.#accept(port));
  }

  /** Where clients connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Cuts all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) close(conn);
    // Connections accepted in the meantime add work while this is waited for.
    while (this.#work.length > 0) await this.#work.pop();
  }

  async #accept(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      const recording = { up: "", down: "" };
      this.recordings.push(recording);
      this.#conns.add(client).add(server);
      this.#work.push(
        pass(client, server, (octets) => void (recording.up += octets)),
        pass(server, client, (octets) => void (recording.down += octets)),
      );
    }
  }
}

async function pass(
  from: Deno.Conn,
  to: Deno.Conn,
  keep: (octets: string) => void,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (true) {
      const count = await from.read(buffer);
      if (count === null) return await to.closeWrite();
      const octets = buffer.subarray(0, count);
      keep(new TextDecoder("latin1").decode(octets));
      for (let done = 0; done < count;) done += await to.write(octets.subarray(done));
    }
  } catch {
    // One side is gone: so is the other.
    close(from);
    close(to);
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
