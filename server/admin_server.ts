/**
 * The server's end of the admin socket.
 *
 * @module
 */

import { LineReader } from "../transport/line_reader.ts";
import { writeAll } from "../transport/write_all.ts";
import { type AdminParts, answerAdmin } from "./admin.ts";
import {
  type AdminAnswer,
  adminRequest,
  decodeAdminLine,
  encodeAdminLine,
  MAX_REQUEST_OCTETS,
} from "./admin_protocol.ts";
import { AdminConnections, listenAdmin } from "./admin_socket.ts";
import { acceptLoop } from "./listener.ts";
import type { Logger } from "./log.ts";

/** Milliseconds for each request to come, and for each answer to be taken. */
const PATIENCE_MS = 30_000;

/** What the admin socket works with. */
export interface AdminServerOptions extends AdminParts {
  /** Log: every order is in it. */
  readonly log: Logger;
}

/**
 * Listens on the admin socket, or logs in one line why not.
 *
 * @param path Where, in a data folder that is locked.
 * @param options What requests are about.
 * @returns To be disposed of at the end: then nobody is listened to any more.
 */
export async function openAdminServer(
  path: string,
  options: AdminServerOptions,
): Promise<AsyncDisposable> {
  const { log } = options;
  const listener = await listenAdmin(path);
  if ("notice" in listener) {
    log.warn(listener.notice);
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const connections = new AdminConnections(log);
  const accepting = acceptLoop(listener, {
    accepted: (conn) => void connections.take(conn, (conn) => serve(conn, options)),
    failed: (error) => log.warn("accept failed: {error}", { error: String(error) }),
  });
  return {
    [Symbol.asyncDispose]: async () => {
      listener.close();
      connections[Symbol.dispose]();
      await accepting;
      await Deno.remove(path).catch(() => {});
    },
  };
}

async function serve(conn: Deno.Conn, options: AdminServerOptions): Promise<void> {
  const reader = new LineReader(conn, MAX_REQUEST_OCTETS);
  while (true) {
    const line = await inTime(reader.next());
    if (line === null) return;
    await inTime(writeAll(conn, encodeAdminLine(await answer(line, options))));
  }
}

async function answer(line: string, options: AdminServerOptions): Promise<AdminAnswer> {
  const request = decodeAdminLine(line, adminRequest);
  if (request === null) return { ok: false, error: "the request is not well-formed" };
  const { log } = options;
  const fields = { order: request.do, ...("name" in request ? { user: request.name } : {}) };
  try {
    const answer = await answerAdmin(request, options);
    if (request.do !== "status" && request.do !== "list") {
      log.info("operator", { ...fields, done: answer.ok });
    }
    return answer;
  } catch (error) {
    log.error("order failed: {error}", { ...fields, error: String(error) });
    return { ok: false, error: "the server could not store or read that; see its log" };
  }
}

/** A peer who lets us wait is not waited for. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("Cannot wait longer")), PATIENCE_MS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
