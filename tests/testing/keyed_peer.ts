/**
 * A raw peer whose keys a test has: what it sends may be sealed and signed, and spoilt at every point.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import { type Person, personWith } from "./person.ts";
import { type Frame, RawPeer } from "./raw_peer.ts";
import type { EpochFrame } from "./sealed.ts";
import { type TestAccount, testAccount } from "./test_account.ts";
import type { TestServer } from "./test_server.ts";

/** A session and the keys of its user. */
export interface KeyedPeer extends Disposable {
  /** The session. */
  readonly peer: RawPeer;
  /** Whose it is. */
  readonly account: TestAccount;
  /** All keys. */
  readonly person: Person;
}

/** Makes an account of this name and logs in. */
export async function keyedPeer(server: TestServer, user: string): Promise<KeyedPeer> {
  const account = await testAccount(user);
  const peer = await RawPeer.registered(server, account);
  return await keyedAs(peer, { account, server });
}

/** Gives a session that stands the keys of its user. */
export async function keyedAs(
  peer: RawPeer,
  { account, server }: {
    readonly account: TestAccount;
    readonly server: Pick<TestServer, "identity">;
  },
): Promise<KeyedPeer> {
  const person = await personWith(account.root, {
    realm: server.identity.realm,
    user: account.user,
  });
  return { peer, account, person, [Symbol.dispose]: () => peer[Symbol.dispose]() };
}

/** Sends the frames of an epoch; the wraps must be taken. Gives the answer to the record. */
export async function sendEpoch(
  { peer }: Pick<KeyedPeer, "peer">,
  frames: readonly EpochFrame[],
): Promise<Frame> {
  let answer: Frame = { t: "none" };
  for (const frame of frames) {
    answer = await peer.request({ ...frame });
    if (frame.t === "wraps") strictEqual(answer.t, "ok", JSON.stringify(answer));
  }
  return answer;
}

/** Sends the frames of an epoch, all of which must be taken. */
export async function makeEpoch(
  keyed: Pick<KeyedPeer, "peer">,
  frames: readonly EpochFrame[],
): Promise<void> {
  const answer = await sendEpoch(keyed, frames);
  strictEqual(answer.t, "ok", JSON.stringify(answer));
}
