// FTC1 §7.6: what a sender counts.

import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  type OpenedMessage,
  openMessage,
  tokenHash,
  verifyMessage,
} from "../../../cipher/message.ts";
import { Chain } from "../../../client/end_to_end/chain.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import type { SealedMessage } from "../../../client/end_to_end/sealed_message.ts";
import { Sealer } from "../../../client/end_to_end/sealer.ts";
import { REALM } from "../../testing/fake_keys.ts";
import type { Person } from "../../testing/person.ts";
import type { SealedConversation } from "../../testing/sealed.ts";
import { EpochServer, NOW, partsOf } from "./epoch_server.ts";

/** Bob writes to alice's team. */
class Scene {
  readonly sealer = new Sealer();

  private constructor(
    readonly server: EpochServer,
    readonly bob: Person,
    readonly team: SealedConversation,
    readonly chain: Chain,
  ) {}

  static async open(): Promise<Scene> {
    const server = new EpochServer();
    const [alice, bob] = [await server.newcomer("alice"), await server.newcomer("bob")];
    const team = await server.group(alice, [bob]);
    const chain = new Chain({
      conversation: team.id,
      name: "team",
      kind: "group",
      me: { user: "bob", realm: REALM, identities: [bob.identity] },
      keys: new KeyDirectory({ asker: server.asker("bob"), realm: REALM }),
    });
    await chain.accept(partsOf(team, bob));
    return new Scene(server, bob, team, chain);
  }

  seal(text: string): Promise<SealedMessage> {
    return this.sealer.seal(text, { chain: this.chain, identity: this.bob.identity, now: NOW });
  }

  async rotate(): Promise<void> {
    const before = this.team.head;
    await this.team.rotate();
    await this.chain.accept(partsOf(this.team, this.bob, { before }));
  }

  async opened({ token, epoch }: SealedMessage): Promise<OpenedMessage> {
    const key = await this.chain.keys.messageKey(epoch);
    if (key === null) throw new Error("no key");
    return await openMessage(key, token);
  }

  async counts(sealed: readonly SealedMessage[]): Promise<number[]> {
    return (await Promise.all(sealed.map((one) => this.opened(one)))).map(({ n }) => n);
  }
}

Deno.test("a message says who, where, when and what, signed", async () => {
  const scene = await Scene.open();
  const { bob, team } = scene;
  const sealed = await scene.seal("Grüße \u{1f33f}");
  deepStrictEqual([sealed.conversation, sealed.epoch], [team.conversation, 0]);
  const message = await scene.opened(sealed);
  const { conversation, epoch, n, link, time, sender, senderFingerprint, body } = message;
  deepStrictEqual([conversation, epoch, n, link], [team.id, 0, 1, new Uint8Array(32)]);
  deepStrictEqual([time, sender], [NOW, "bob"]);
  deepStrictEqual(senderFingerprint, bob.identity.fingerprint);
  strictEqual(new TextDecoder().decode(body), "Grüße \u{1f33f}");
  ok(await verifyMessage(message, { publicKey: bob.identity.ed25519 }));
});

Deno.test("messages are counted from 1 in each epoch of each conversation", async () => {
  const scene = await Scene.open();
  const first = [await scene.seal("a"), await scene.seal("b"), await scene.seal("c")];
  deepStrictEqual(await scene.counts(first), [1, 2, 3]);
  await scene.rotate();
  const second = [await scene.seal("d"), await scene.seal("e")];
  deepStrictEqual(await scene.counts(second), [1, 2]);
  const devices = new Set(
    (await Promise.all([...first, ...second].map((one) => scene.opened(one)))).map(({ device }) =>
      device
    ),
  );
  strictEqual(devices.size, 1);
});

Deno.test("each run is a device of its own", async () => {
  const scene = await Scene.open();
  const { chain, bob: { identity } } = scene;
  const other = await new Sealer().seal("x", { chain, identity, now: NOW });
  const [a, b] = [await scene.opened(await scene.seal("x")), await scene.opened(other)];
  notStrictEqual(a.device, b.device);
  deepStrictEqual([a.n, b.n], [1, 1]);
});

Deno.test("the counter of what was refused is used again, that of what was stored is not", async () => {
  const scene = await Scene.open();
  const { sealer } = scene;
  const stored = await scene.seal("stored");
  sealer.stored(stored);
  const refused = await scene.seal("refused");
  sealer.refused(refused);
  const again = await scene.seal("again");
  deepStrictEqual(await scene.counts([stored, refused, again]), [1, 2, 2]);
  sealer.stored(again);
  // An answer that comes twice, or late, changes nothing.
  for (const one of [stored, refused, again]) sealer.refused(one);
  deepStrictEqual(await scene.counts([await scene.seal("next")]), [3]);
});

Deno.test("a counter is not used again while a later one may have been stored", async () => {
  const scene = await Scene.open();
  const [first, second] = [await scene.seal("one"), await scene.seal("two")];
  scene.sealer.refused(first);
  const third = await scene.seal("three");
  deepStrictEqual(await scene.counts([first, second, third]), [1, 2, 3]);
});

Deno.test("what was refused and turns up stored after all keeps its counter", async () => {
  const scene = await Scene.open();
  const { sealer, team } = scene;
  const lost = await scene.seal("lost");
  sealer.refused(lost);
  sealer.saw(team.conversation, 7, lost.token);
  deepStrictEqual(await scene.counts([await scene.seal("next")]), [2]);
});

Deno.test("after another epoch the text is sealed again with the next counter there", async () => {
  const scene = await Scene.open();
  scene.sealer.stored(await scene.seal("before"));
  const stale = await scene.seal("text");
  await scene.rotate();
  scene.sealer.refused(stale);
  const sealed = await scene.seal("text");
  deepStrictEqual([sealed.epoch, ...(await scene.counts([sealed]))], [1, 1]);
});

Deno.test("a message links to the newest one seen, however they were read", async () => {
  const scene = await Scene.open();
  const { sealer, team } = scene;
  const linkOf = async () => (await scene.opened(await scene.seal("x"))).link;
  sealer.saw(team.conversation, 5, "gAAAAAB-five");
  sealer.saw(team.conversation, 9, "gAAAAAB-nine");
  sealer.saw(team.conversation, 7, "gAAAAAB-seven");
  sealer.saw("another", 99, "gAAAAAB-elsewhere");
  deepStrictEqual(await linkOf(), await tokenHash("gAAAAAB-nine"));
});

Deno.test("without a key nothing is sealed, and no counter is spent", async () => {
  const scene = await Scene.open();
  const { team, chain, bob } = scene;
  const before = team.head;
  await team.rotate();
  await chain.accept({ ...partsOf(team, bob, { before }), wrap: null });
  await rejects(scene.seal("x"), { name: "Refused", code: "no_key" });
  const wrap = partsOf(team, bob, { before }).wrap;
  if (wrap !== null) chain.keys.rewrap(1, wrap);
  deepStrictEqual(await scene.counts([await scene.seal("x")]), [1]);
});
