/**
 * Connections that seem to come from other machines: all of a test's come from 127.0.0.1, since a
 * connection cannot choose where it comes from.
 *
 * @module
 */

import type { Acceptor } from "../../server/listener.ts";

/** Says where the next connections come from. */
export class Addresses {
  /** An address; for connections accepted from now on. */
  current = "127.0.0.1";

  /** Stands between the listener and the accept loop. */
  readonly acceptor = (listener: Deno.TcpListener): Acceptor => ({
    accept: async () => moved(await listener.accept(), this.current),
  });
}

function moved(conn: Deno.TcpConn, hostname: string): Deno.Conn {
  return new Proxy(conn, {
    get: (target, name) => {
      if (name === "remoteAddr") return { ...target.remoteAddr, hostname };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
