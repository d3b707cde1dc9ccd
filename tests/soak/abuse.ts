/**
 * Peers that do what they should not, one scene each, bounded in time and octets.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { type Person, personWith } from "../testing/person.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { type SealedConversation, sealedDirect } from "../testing/sealed.ts";
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
  "keys for an epoch that never comes": async (stage, round) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[3]);
    const octets = (length: number) => encodeBase64Url(new Uint8Array(length).fill(round));
    const wraps = Array.from({ length: 28 }, (_, n) => {
      return { user: `nobody${n}`, fp: octets(32), wrap: octets(1_225) };
    });
    for (let id = 0; id < 6; id++) {
      const record = encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
      await peer.request({ t: "wraps", id, record, m: wraps });
    }
  },
  "a record of an epoch that is none": async (stage, round) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[3]);
    await peer.request({ t: "epoch", id: round, record: "A".repeat(60_000), group: "team" });
    await peer.request({ t: "epochs", id: round, conversation: "A".repeat(60_000) });
  },
  "a conversation": async (stage, round) => {
    using peer = await RawPeer.loggedIn(stage, stage.accounts[4]);
    const talk = await talkOf(stage, peer);
    for (let i = 0; i < 5; i++) {
      const id = `talk ${round} ${i}`;
      const message = await talk.conversation.seal(talk.by, "how are you?", { id });
      await peer.request({ ...message });
    }
    await peer.request({ t: "history", id: 1, limit: 50 });
    await peer.leave();
  },
};

interface Talk {
  readonly conversation: SealedConversation;
  readonly by: Person;
}

/** The conversation of each stage: its keys are made once. */
const talks = new WeakMap<Stage, Talk>();

async function talkOf(stage: Stage, peer: RawPeer): Promise<Talk> {
  const known = talks.get(stage);
  if (known !== undefined) return known;
  const { realm } = peer.session;
  const [by, to] = await Promise.all(
    [stage.accounts[4], stage.accounts[0]].map(({ user, root }) =>
      personWith(root, { user, realm })
    ),
  );
  if (by === undefined || to === undefined) throw new Error("Cannot talk: nobody is there");
  const conversation = await sealedDirect({ realm, by, to });
  for (const frame of conversation.frames) await peer.request({ ...frame });
  const talk = { conversation, by };
  talks.set(stage, talk);
  return talk;
}
