/**
 * Sending at once: without this a small write may wait 40 ms for the acknowledgement of the one
 * before (Nagle's algorithm against delayed acknowledgements). We join what waits ourselves.
 *
 * @module
 */

/**
 * Turns the delay off where there is one.
 *
 * @param conn A connection, TCP or other, open or closed by the peer already.
 */
export function noDelay(conn: Deno.Conn | Deno.TcpConn): void {
  if (!("setNoDelay" in conn)) return;
  try {
    conn.setNoDelay(true);
  } catch {
    // Reset by the peer: reading will say so.
  }
}
