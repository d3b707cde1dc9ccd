/**
 * One connection from `accept` to its end: handshake, login, session.
 *
 * Whatever a peer does ends at most his own connection. Every way out frees what the connection
 * held, and leaves one line in the log.
 *
 * @module
 */

import type { ServerIdentity } from "../cipher/server_identity.ts";
import { encodeEvent } from "../protocol/codec.ts";
import type { FrameObject } from "../protocol/frame.ts";
import { closeConn } from "../transport/close_conn.ts";
import type { Gate } from "../transport/gate.ts";
import { LinkError } from "../transport/link_error.ts";
import type { Link } from "../transport/link.ts";
import { openServerLink } from "../transport/server_link.ts";
import { admit } from "./admit.ts";
import type { Logger } from "./log.ts";
import type { Service } from "./service.ts";
import { refuse } from "./refusal.ts";
import { Session, type SessionUser } from "./session.ts";
import { limitedAddress, type Strangers } from "./strangers.ts";

/** What all connections of a server share. */
export interface Shared {
  /** The chat. */
  readonly service: Service;
  /** Who the server is. */
  readonly identity: ServerIdentity;
  /** The shared secret, 32 octets, where there is one. */
  readonly secret?: Uint8Array;
  /** Whether unknown names may register. */
  readonly registration: "open" | "closed";
  /** Bounds the handshakes computed at once. */
  readonly gate: Gate;
  /** Connections that have not logged in. */
  readonly strangers: Strangers;
  /** Links that stand, to be told when the server stops. */
  readonly links: Set<Link>;
  /** Log. */
  readonly log: Logger;
}

/**
 * Serves a connection to its end. Never rejects.
 *
 * @param conn Just accepted.
 * @param shared What it works with.
 */
export async function serve(conn: Deno.Conn, shared: Shared): Promise<void> {
  const address = conn.remoteAddr.transport === "tcp" ? conn.remoteAddr.hostname : "";
  const log = shared.log.with({ address });
  let link: Link | null = null;
  const close = () => link === null ? closeConn(conn) : link.abort();
  const place = shared.strangers.enter(
    { address: limitedAddress(address), close },
    performance.now(),
  );
  if (place === null) {
    log.debug("connection refused: {reason}", { reason: "address-limit" });
    return closeConn(conn);
  }
  try {
    const { policy } = shared.service.options;
    const opened = await openServerLink(conn, { ...shared, ...policy });
    if ("refused" in opened) {
      return log.debug("handshake refused: {reason}", { reason: opened.refused });
    }
    link = opened;
    shared.links.add(link);
    await converse(link, { shared, log, place, address: limitedAddress(address) });
  } catch (error) {
    log.error("connection failed: {error}", { error: describe(error) });
  } finally {
    place[Symbol.dispose]();
    if (link === null) closeConn(conn);
    else {
      await link.close();
      shared.links.delete(link);
    }
  }
}

interface Conversing {
  readonly shared: Shared;
  readonly log: Logger;
  readonly place: Disposable;
  readonly address: string;
}

async function converse(link: Link, conversing: Conversing): Promise<void> {
  const frames = link.receive();
  const { shared, log } = conversing;
  try {
    // What the login needed is not held on to while the session lasts.
    const user = await enter(link, { ...conversing, frames });
    if (user !== null) await stay(link, { frames, shared, log, user });
  } catch (error) {
    if (!(error instanceof LinkError)) {
      // No goodbye: whoever was cut off comes again, and perhaps the fault is gone by then.
      link.send(encodeEvent({ t: "error", ...refuse.storage() }));
      await link.sent();
      link.abort();
      throw error;
    }
    if (error.code !== "truncated") await link.close(error.code);
    log.debug("connection ended: {reason}", { reason: link.ending ?? error.code });
  }
}

/** Admits somebody, welcomes him and enters his session; `null` where he was turned away. */
async function enter(
  link: Link,
  { shared, log, place, address, frames }: Conversing & Pick<Staying, "frames">,
): Promise<SessionUser | null> {
  const timer = setTimeout(
    () => void link.close("timeout"),
    shared.service.options.policy.loginMs,
  );
  const admitted = await admit(link, { frames, shared, address }).finally(() =>
    clearTimeout(timer)
  );
  if (admitted === null) {
    log.info("not logged in");
    return null;
  }
  const { account, created, presence: manner } = admitted;
  const { policy, now } = shared.service.options;
  const { presence, roster, options: { uptime } } = shared.service;
  if (created) shared.service.cursors.forget(account.user);
  const cursor = await shared.service.cursors.get(account.user);
  // No await from here to entering: logins at the same moment must not all pass, nothing can be
  // delivered after `last` and be missed, and no account ends in between.
  const refusal = shared.service.accounts.refusal(account);
  if (refusal !== null) {
    link.send(encodeEvent({ t: "error", ...refusal }));
    await link.close(refusal.code);
    log.info("refused: {reason}", { reason: refusal.code, user: account.user });
    return null;
  }
  if (
    presence.count(account.user) >= policy.sessionsPerAccount ||
    presence.total >= policy.sessionsTotal
  ) {
    const msg = "Too many sessions. Close one and try again.";
    link.send(encodeEvent({ t: "error", code: "too_many", msg }));
    await link.close("too_many");
    log.info("refused: too many sessions", { user: account.user });
    return null;
  }
  place[Symbol.dispose]();
  link.send(encodeEvent({
    t: "welcome",
    user: account.user,
    salt: account.salt,
    time: now(),
    vault: account.vault,
    cursor,
    last: shared.service.journal.delivered,
  }));
  const user: SessionUser = {
    name: account.user,
    address,
    channel: { channelBinding: link.session.channelBinding, realm: shared.identity.realm },
  };
  link.open();
  if (manner === "quiet") roster.enterQuietly(user.name, link);
  else roster.enter(user.name, link, uptime());
  log.info("logged in", { user: user.name, created, presence: manner });
  return user;
}

interface Staying {
  readonly frames: AsyncGenerator<FrameObject>;
  readonly shared: Shared;
  readonly log: Logger;
  readonly user: SessionUser;
}

async function stay(link: Link, { frames, shared, log, user }: Staying): Promise<void> {
  const { roster, options: { uptime } } = shared.service;
  const session = new Session(shared.service, { user, receiver: link });
  let saidBye = false;
  try {
    for await (const frame of frames) {
      if (frame.t === "bye") {
        // The answer to our own goodbye is not one of his.
        saidBye = link.ending === null;
        void link.close();
        return;
      }
      // Who asks for much is answered as fast as he reads; he is not cut off for it.
      if (link.isCrowded) await link.sent();
      const end = await session.handle(frame);
      if (end !== null) await link.close(end);
      if (link.ending !== null) return;
    }
  } finally {
    roster.leave(user.name, link, { saidBye, now: uptime() });
    log.info("logged out", { user: user.name, reason: link.ending });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
