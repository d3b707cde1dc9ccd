/**
 * A server whose connections follow one script after the other, and a run of the client against it.
 *
 * The handshake is real, time is not: waits between connections are written down and over at once.
 *
 * @module
 */

import { ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin, verifyLogin } from "../../cipher/login.ts";
import { sealVault } from "../../cipher/vault.ts";
import { Credentials } from "../../client/credentials.ts";
import type { Face } from "../../client/face.ts";
import { pause } from "../../client/pause.ts";
import { run, type RunOptions } from "../../client/run.ts";
import { closeConn } from "../../transport/close_conn.ts";
import { fakeIdentity, FakePeer } from "../testing/fake_server.ts";
import { within } from "../testing/within.ts";
import type { FakeFace } from "./fake_face.ts";

/** The password of bob. */
export const PASSWORD = "correct horse battery";

/** What differs from a usual run. */
export type RunParts = Partial<Omit<RunOptions, "options">> & {
  /** `--timeout`. */
  readonly timeout?: number;
  /** `--fingerprint`. */
  readonly fingerprint?: string;
};

/** Runs the client as bob against a server on 127.0.0.1. */
export async function runClient(
  port: number,
  face: Face,
  { timeout = 30, fingerprint, ...parts }: RunParts = {},
): Promise<number> {
  return await run({
    options: {
      host: "127.0.0.1",
      port,
      fingerprint: fingerprint ?? (await fakeIdentity()).fingerprint,
      strict: false,
      forget: false,
      register: true,
      plain: true,
      timeout,
      debug: false,
    },
    face,
    credentials: new Credentials(face, { user: "bob", password: PASSWORD }),
    file: null,
    data: null,
    secret: null,
    dial: ({ host, port }, signal) => Deno.connect({ hostname: host, port, signal }),
    now: Date.now,
    uptime: () => performance.now(),
    random: () => 0.5,
    pause,
    signal: new AbortController().signal,
    log: getLogger("test"),
    ...parts,
  });
}

/** One connection; it is closed without a word when the script is over. */
export type Script = (peer: FakePeer) => Promise<void>;

/** A server for one client. */
export class ScriptedServer implements AsyncDisposable {
  /** How many connections there were. */
  connections = 0;
  /** Seconds that the client waited between connections. */
  readonly pauses: number[] = [];
  /** Milliseconds that the client's clock has gone on. */
  elapsed = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.Conn[] = [];
  readonly #served: Promise<void>;

  /** @param scripts One for each connection; more connections are an error. */
  constructor(scripts: readonly Script[]) {
    this.#served = this.#serve(scripts);
    this.#served.catch(() => {});
  }

  /** Runs the client as bob; waits are written down and over at once. */
  async run(face: Face, parts: RunParts = {}): Promise<number> {
    return await runClient(this.#listener.addr.port, face, {
      uptime: () => this.elapsed,
      pause: (seconds) => {
        this.pauses.push(seconds);
        this.elapsed += seconds * 1_000;
        return Promise.resolve();
      },
      ...parts,
    });
  }

  /** Closes everything; what a script had against the client comes out here. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    try {
      // The client is gone; what it said last may still be on its way.
      await within(5_000, this.#served);
    } finally {
      for (const conn of this.#conns) closeConn(conn);
    }
  }

  async #serve(scripts: readonly Script[]): Promise<void> {
    for (const script of scripts) {
      const conn = await this.#listener.accept().catch(() => null);
      if (conn === null) return;
      this.connections++;
      this.#conns.push(conn);
      await script(new FakePeer(conn));
      closeConn(conn);
    }
  }
}

/** What an account looks like at a moment. */
export interface AccountOptions {
  /** The password. */
  readonly password?: string;
  /** The salt, or each octet of it. */
  readonly salt?: number | Uint8Array;
  /** A vault that is not his. */
  readonly vault?: string;
  /** The newest entry. */
  readonly last?: number;
}

/** Shakes hands and lets bob in, if he proves his password. */
export async function admit(peer: FakePeer, options: AccountOptions = {}): Promise<void> {
  const { password = PASSWORD, salt: given = 3, last = 0 } = options;
  await peer.answerHello();
  const { realm, channelBinding } = peer.session;
  const salt = typeof given === "number" ? new Uint8Array(16).fill(given) : given;
  const { publicKey, vaultKey } = await deriveLogin(password, { realm, salt, user: "bob" });
  for (let isIn = false; !isIn;) {
    ok((await peer.frame())?.t === "auth");
    const kdf = { kdf: 1, salt: encodeBase64Url(salt) };
    await peer.send({ t: "auth", user: "bob", known: true, ...kdf });
    const login = await peer.frame();
    ok(login?.t === "login");
    const signature = decodeBase64Url(String(login["sig"]));
    isIn = await verifyLogin(signature, { realm, channelBinding, user: "bob", publicKey });
    if (!isIn) await peer.send({ t: "error", code: "bad_login", msg: "Incorrect password." });
  }
  const root = new Uint8Array(32).fill(4);
  const vault = options.vault ?? await sealVault(vaultKey, { realm, user: "bob", root });
  await peer.send({ t: "welcome", user: "bob", salt: "", time: 1, vault, cursor: last, last });
}

/**
 * Reads what bob says next, but for what his client asks about its own state, which is empty: that is
 * answered here (FTC1 §7.7).
 */
export async function heard(
  peer: FakePeer,
): Promise<{ readonly t: string; readonly [field: string]: unknown } | null> {
  while (true) {
    const frame = await peer.frame();
    if (frame?.t !== "state") return frame;
    await peer.send({ t: "state", re: frame["id"], m: [], more: false });
  }
}

/** Lets bob in and hangs up. */
export async function cutOff(peer: FakePeer): Promise<void> {
  await admit(peer);
}

/** Lets bob in and says goodbye. */
export function goodbye(reason: string, options?: AccountOptions): Script {
  return async (peer) => {
    await admit(peer, options);
    await peer.send({ t: "bye", reason });
    await peer.linesToTheEnd();
  };
}

/** Lets bob in and stores what he sends, until he leaves. */
export function stay(options?: AccountOptions): Script {
  return async (peer) => {
    await admit(peer, options);
    await storeAll(peer);
  };
}

/** Lets bob in again; he leaves as soon as he knows. */
export function leave(face: FakeFace): Script {
  return async (peer) => {
    const times = () => face.notices.filter((notice) => notice === "Connected again.").length;
    const before = times();
    await admit(peer);
    await until(() => times() > before);
    face.types(null);
    await storeAll(peer);
  };
}

/** Looks again whenever something may have happened. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; !isSo(); n++) {
    if (n > 2_000) throw new Error("Cannot wait longer");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function storeAll(peer: FakePeer): Promise<void> {
  for (let id = 100; await serve(peer, id); id++);
}

async function serve(peer: FakePeer, id: number): Promise<boolean> {
  const frame = await heard(peer);
  if (frame === null) return false;
  if (frame.t === "bye") {
    await peer.send({ t: "bye" });
    return false;
  }
  if (frame.t !== "send") return true;
  const { id: re, body } = frame;
  await peer.send({ t: "ack", re, id, at: 0 });
  const lobby = { conversation: "lobby", kind: "lobby", from: "bob", to: "lobby" };
  await peer.send({ t: "message", id, at: 0, ...lobby, body });
  return true;
}
