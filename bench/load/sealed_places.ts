/**
 * Users of Fernchat in conversations that are encrypted end to end.
 *
 * Epochs are made as clients make them; the messages are tokens under a random key, made before the run,
 * of the length that a text of 100 octets has. To a server a token is as opaque as any other.
 *
 * @module
 */

import { sealSync } from "../../cipher/fernet_sync.ts";
import { type Person, personWith } from "../../tests/testing/person.ts";
import { sealedDirect, sealedGroup } from "../../tests/testing/sealed.ts";
import { testAccount } from "../../tests/testing/test_account.ts";
import { SEQUENCES, timeOf } from "./code.ts";
import { FernPeer } from "./fern_peer.ts";
import type { FernTarget } from "./fern_target.ts";
import type { Place } from "./run_load.ts";
import type { Receiving } from "./target.ts";

/** Octets of the plaintext of a message with a text of 100 octets (FTC1 §7.6). */
const MESSAGE_OCTETS = 512;

const GROUP = "team";

interface Member {
  readonly peer: FernPeer;
  readonly person: Person;
}

/**
 * Makes a group of everybody.
 *
 * @param target The server.
 * @param options How many members and senders; who is told.
 */
export async function groupOf(
  target: FernTarget,
  options: {
    readonly members: number;
    readonly senders: number;
    readonly receiving: (user: number) => Receiving;
  },
): Promise<Place> {
  const all = await enterAll(target, options.members);
  const [owner, ...others] = all;
  if (owner === undefined) throw new Error("Cannot make group: no members");
  const { realm } = owner.peer.session;
  const group = await sealedGroup({
    realm,
    name: GROUP,
    owner: owner.person,
    members: others.map(({ person }) => person),
  });
  await owner.peer.askAll(group.frames);
  const { conversation, epoch } = group;
  return {
    peers: receive(all, options.receiving),
    destination: () => ({ kind: "group", name: GROUP, sealed: { conversation, epoch } }),
    body: tokensOf(options.senders),
  };
}

/**
 * Makes pairs: user 0 with 1, 2 with 3 and so on.
 *
 * @param target The server.
 * @param options How many users; who is told.
 */
export async function pairsOf(
  target: FernTarget,
  options: { readonly members: number; readonly receiving: (user: number) => Receiving },
): Promise<Place> {
  const all = await enterAll(target, options.members);
  const sealed: { readonly conversation: string; readonly epoch: number }[] = [];
  for (let user = 0; user + 1 < all.length; user += 2) {
    const [by, to] = [all[user], all[user + 1]];
    if (by === undefined || to === undefined) break;
    const { realm } = by.peer.session;
    const direct = await sealedDirect({ realm, by: by.person, to: to.person });
    await by.peer.askAll(direct.frames);
    sealed.push(direct);
  }
  return {
    peers: receive(all, options.receiving),
    destination: (sender) => {
      const pair = sealed[Math.floor(sender / 2)];
      if (pair === undefined) throw new Error("Cannot send: no partner");
      const { conversation, epoch } = pair;
      return { kind: "user", name: nameOf(sender ^ 1), sealed: { conversation, epoch } };
    },
    body: tokensOf(options.members),
  };
}

/** The name of a user. */
export function nameOf(user: number): string {
  return `u${String(user).padStart(4, "0")}`;
}

async function enterAll(target: FernTarget, members: number): Promise<Member[]> {
  const all: Member[] = [];
  for (let user = 0; user < members; user++) {
    const account = await testAccount(nameOf(user));
    const peer = await target.enter(account);
    const { realm } = peer.session;
    all.push({ peer, person: await personWith(account.root, { realm, user: account.user }) });
  }
  return all;
}

function receive(
  all: readonly Member[],
  receiving: (user: number) => Receiving,
): readonly FernPeer[] {
  all.forEach(({ peer }, user) => peer.receive(receiving(user)));
  return all.map(({ peer }) => peer);
}

function tokensOf(senders: number): (sender: number, sequence: number) => string {
  const [key, message] = [random(32), random(MESSAGE_OCTETS)];
  const tokens = Array.from(
    { length: senders * SEQUENCES },
    (_, n) => sealSync(key, message, { now: timeOf(Math.floor(n / SEQUENCES), n % SEQUENCES) }),
  );
  return (sender, sequence) => tokens[sender * SEQUENCES + sequence] ?? "";
}

function random(octets: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(octets));
}
