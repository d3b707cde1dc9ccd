/**
 * Writing all octets: `conn.write` may write a part (FTC1 §10.11).
 *
 * @module
 */

/** What octets are written to: `Deno.Conn` and its like. */
export interface Sink {
  /** Writes a part of the octets; resolves to how many. */
  write(octets: Uint8Array): Promise<number>;
}

/**
 * Writes octets to the last one.
 *
 * @param sink The connection.
 * @param octets What to write.
 * @throws Whatever the connection throws, when it is closed or broken.
 */
export async function writeAll(sink: Sink, octets: Uint8Array): Promise<void> {
  for (let done = 0; done < octets.length;) done += await sink.write(octets.subarray(done));
}
