/**
 * Closing a connection that may be closed already.
 *
 * @module
 */

/**
 * Closes a connection. A read or write under way on it ends with an error.
 *
 * @param conn The connection, open or not.
 */
export function closeConn(conn: { close(): void }): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
