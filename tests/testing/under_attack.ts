/**
 * The frame of every hostile scene: a server, a well-behaved session that was there before, and the
 * proof afterwards that both it and a newcomer are served as if nothing had happened.
 *
 * Source: FTC1 §9, "in every case".
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Policy } from "../../server/policy.ts";
import { RawPeer } from "./raw_peer.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./test_server.ts";

/** What a scene is played with. */
export interface Scene {
  /** The server. */
  readonly server: TestServer;
  /** A session of `witness`, logged in before the scene begins. */
  readonly witness: RawPeer;
}

/**
 * No rate stands in the way of what a scene is about, unless it says so; and no timer closes what is to
 * be closed for another reason.
 */
const UNHURRIED: Partial<Policy> = {
  helloMs: 60_000,
  readBurst: 100_000,
  requestBurst: 100_000,
  wrongFree: 1_000,
  wrongFromStrangersPerHour: 1_000,
  wrongPerAddressPerHour: 1_000,
};

/**
 * Plays a scene.
 *
 * @param scene What the hostile side does, and what must come of it.
 * @param options Of the server.
 */
export async function underAttack(
  scene: (scene: Scene) => Promise<void>,
  options: TestServerOptions = {},
): Promise<void> {
  if (options.secret !== undefined) throw new Error("Cannot play scene: witness has no secret");
  await using server = await startTestServer({
    ...options,
    policy: { ...UNHURRIED, ...options.policy },
  });
  using witness = await RawPeer.named(server, "witness");
  await scene({ server, witness });
  await expectService(witness, "after");
  using newcomer = await RawPeer.named(server, "newcomer");
  await expectService(newcomer, "after");
  const errors = server.log.filter(({ level }) => level === "ERROR" || level === "FATAL");
  deepStrictEqual(errors, []);
}

/** Sees that a session is served: a message is stored and comes back to its sender. */
async function expectService(peer: RawPeer, id: string): Promise<void> {
  const ack = await peer.request({ t: "send", id, to: "lobby", body: "still here" });
  strictEqual(ack.t, "ack");
  // The entry may have come before its acknowledgement, so it is looked for in what is stored.
  const { entries } = await peer.request({ t: "history", id: `${id}?`, of: "lobby", limit: 1 });
  deepStrictEqual((entries as { id: number }[]).map((entry) => entry.id), [ack["id"]]);
}
