/**
 * Peers that do what they should not, one scene each, bounded in time and octets.
 *
 * @module
 */

import { RawPeer } from "../testing/raw_peer.ts";
import type { TestAccount } from "../testing/test_account.ts";

/** Where the scenes play. */
export interface Stage {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** Accounts that exist; each scene takes the one it is given. */
  readonly accounts: readonly [TestAccount, TestAccount, TestAccount, TestAccount, TestAccount];
}

/** One kind of abuse, or of ordinary use between the abuse. */
export type AbuseScene = (stage: Stage, round: number) => Promise<void>;

/** All scenes, by name. */
export const SCENES: Readonly<Record<string, AbuseScene>> = {
  "silent connections": async (stage) => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.connect(stage)));
    for (const peer of peers) peer[Symbol.dispose]();
  },
  "octets that are no hello": async (stage, round) => {
    using peer = await RawPeer.connect(stage);
    await peer.write(`GET /${round} HTTP/1.1\r\n\r\n`);
    await peer.expectSilentEnd();
  },
  "a hello without end": async (stage) => {
    using peer = await RawPeer.connect(stage);
    await peer.write("A".repeat(9_000));
    await peer.expectSilentEnd();
  },
  "a handshake that is abandoned": async (stage) => {
    using _peer = await RawPeer.handshaken(stage);
  },
  "wrong passwords": async (stage) => {
    using peer = await RawPeer.handshaken(stage);
    await peer.ask({ t: "auth", user: stage.accounts[0].user });
    await peer.ask({ t: "login", sig: "A".repeat(86) });
  },
  "a frame that is no JSON": async (stage) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[1]);
    await peer.sendPlain("[".repeat(20_000));
    await peer.expectFatal("bad_frame");
  },
  "a line that is too long": async (stage) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[1]);
    await peer.write("A".repeat(100_000));
    await peer.expectFatal("line_too_long");
  },
  "a flood of messages": async (stage, round) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[2]);
    const ids = Array.from({ length: 100 }, (_, i) => `flood ${round} ${i}`);
    await peer.send(...ids.map((id) => ({ t: "send", id, to: "lobby", body: `flood ${id}` })));
    // Up to the last answer, or to `bye flood`.
    for (let frame = await peer.frame(); frame !== null; frame = await peer.frame()) {
      if (frame["re"] === ids.at(-1)) return;
    }
  },
  "a session that is cut off while it is sent much": async (stage) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[3]);
    const asked = Array.from({ length: 20 }, (_, id) => ({ t: "history", id, limit: 1_000 }));
    await peer.send(...asked);
  },
  "a conversation": async (stage, round) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[4]);
    const to = stage.accounts[0].user;
    for (let i = 0; i < 5; i++) {
      await peer.request({ t: "send", id: `talk ${round} ${i}`, to, body: "how are you?" });
    }
    await peer.request({ t: "history", id: 1, limit: 50 });
    await peer.leave();
  },
};
