// PRODUCT §3, FTC1 §7.4: which list a command for a group asks for, and what makes it.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { type ChainHead, type ListEntry } from "../../../cipher/epoch_rules.ts";
import { type Member, ROLE } from "../../../cipher/member_list.ts";
import { ClientState } from "../../../client/end_to_end/client_state.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import { type NewList, NewLists } from "../../../client/end_to_end/new_list.ts";
import { Pins } from "../../../client/end_to_end/pins.ts";
import { StateHead } from "../../../client/end_to_end/state_head.ts";
import { FakeKeys, type Keyholder, keyholder, REALM } from "../../testing/fake_keys.ts";

/** Alice, who asks; bob, carol and dave have accounts. */
class Scene {
  readonly pins: Pins;
  readonly lists: NewLists;
  readonly told: string[] = [];
  readonly people = new Map<string, Keyholder>();

  private constructor(
    readonly server: FakeKeys,
    { alice, state }: { readonly alice: Keyholder; readonly state: ClientState },
  ) {
    const { identity, record: { fingerprint } } = alice;
    const keys = new KeyDirectory({ asker: server, realm: REALM });
    this.pins = new Pins({
      state,
      keys,
      me: { name: "alice", fingerprint },
      tell: ({ text }) => this.told.push(text),
    });
    this.lists = new NewLists({ keys, pins: this.pins, identity: () => identity });
    this.people.set("alice", alice);
    server.show(alice);
  }

  static async open(): Promise<Scene> {
    const server = new FakeKeys();
    const alice = await keyholder("alice");
    const account = { realm: REALM, user: "alice" };
    const head = new StateHead({ data: null, account, root: new Uint8Array(32) });
    const state = new ClientState({ asker: server, stateKey: alice.identity.stateKey, head });
    await state.load();
    const scene = new Scene(server, { alice, state });
    for (const name of ["bob", "carol", "dave"]) await scene.renews(name);
    return scene;
  }

  /** Makes an account, or makes it anew. */
  async renews(name: string): Promise<void> {
    const made = await keyholder(name);
    this.people.set(name, made);
    this.server.show(made);
  }

  member(name: string, role: Member["role"] = ROLE.member): Member {
    const { record } = this.people.get(name) ?? this.#anybody();
    return { name, fingerprint: record.fingerprint, role };
  }

  /** Whose keys it is does not matter: he is listed already. */
  #anybody(): Keyholder {
    const [anybody] = this.people.values();
    if (anybody === undefined) throw new Error("nobody is there");
    return anybody;
  }

  /** A group of alice's with these members. */
  head(...names: readonly string[]): ChainHead {
    const members = [this.member("alice", ROLE.owner), ...names.map((name) => this.member(name))];
    return {
      kind: "group",
      conversation: new Uint8Array(32),
      epoch: 4,
      hash: new Uint8Array(32),
      members: new Map(members.map((one): [string, ListEntry] => [one.name, { ...one, since: 0 }])),
      closed: false,
    };
  }

  /** A list in words: who has his present keys has no mark. */
  words(members: readonly Member[] | undefined): string {
    return (members ?? []).map((member) => {
      const { name, role, fingerprint } = member;
      const isPresent = this.member(name).fingerprint.toHex() === fingerprint.toHex();
      return `${name}${role === ROLE.owner ? "*" : ""}${isPresent ? "" : "?"}`;
    }).join(", ");
  }

  change(list: NewList | null): string {
    return list === null ? "nothing" : `${list.change}: ${this.words(list.members)}`;
  }
}

const team = (...members: readonly string[]) => ({ group: "team", members });

Deno.test("a new group has its creator as owner, and each name once, however it is typed", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  strictEqual(scene.words(await lists.create(team("bob", "carol"))), "alice*, bob, carol");
  const twice = team("BOB", "bob", "Alice", "carol", "Bob");
  strictEqual(scene.words(await lists.create(twice)), "alice*, bob, carol");
});

Deno.test("a new group needs somebody else, and all of them must exist", async () => {
  const { lists } = await Scene.open();
  const few = { code: "bad_request", message: "A group needs at least one other member." };
  await rejects(lists.create(team()), few);
  await rejects(lists.create(team("alice", "ALICE")), few);
  await rejects(lists.create(team("bob", "zed", "Eve", "../x")), {
    name: "Refused",
    code: "unknown_users",
    message: "Unknown users: zed, eve, ../x. Nothing created.",
  });
  const long = "x".repeat(5_000);
  await rejects(lists.create(team("bob", long)), {
    message: `Unknown users: ${"x".repeat(64)}…. Nothing created.`,
  });
});

Deno.test("a group has at most a thousand other members", async () => {
  const scene = await Scene.open();
  const { lists, server } = scene;
  const names = Array.from({ length: 1_001 }, (_, n) => `u${n}`);
  const some = await Promise.all(names.slice(0, 2).map((name) => keyholder(name)));
  server.show(...some);
  const head = scene.head(...names.slice(2), "bob");
  strictEqual(head.members.size, 1_001);
  const message = "A group has at most 1,000 other members.";
  await rejects(lists.add(head, team("u0")), { code: "bad_request", message });
  const full = scene.head(...names.slice(2));
  strictEqual((await lists.add(full, team("u0")))?.members.length, 1_001);
});

Deno.test("who is added needs a wrap alone; who is a member already is no change", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  const head = scene.head("bob");
  strictEqual(scene.change(await lists.add(head, team("carol"))), "add: alice*, bob, carol");
  strictEqual(scene.change(await lists.add(head, team("bob", "Carol"))), "add: alice*, bob, carol");
  strictEqual(scene.change(await lists.add(head, team("bob", "alice"))), "nothing");
  await rejects(lists.add(head, team("zed")), {
    message: "Unknown users: zed. Nothing changed.",
  });
});

Deno.test("whoever is removed takes the key with him: all the others get a new one", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  const head = scene.head("bob", "carol");
  strictEqual(scene.change(await lists.remove(head, team("BOB"))), "remove: alice*, carol");
  strictEqual(scene.change(await lists.remove(head, team("bob", "carol"))), "remove: alice*");
});

Deno.test("the owner does not remove himself, nor somebody who is no member", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  const head = scene.head("bob");
  for (
    const [name, code, message] of [
      ["Alice", "bad_request", "You are the owner of team. To leave it: @group leave team"],
      ["carol", "no_member", "carol is not a member of team."],
      ["../x", "no_member", "../x is not a member of team."],
    ] as const
  ) {
    await rejects(async () => await lists.remove(head, team(name)), { code, message });
  }
});

Deno.test("@group set makes the list that was typed, by the least change", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  const head = scene.head("bob", "carol");
  const set = async (...names: readonly string[]) =>
    scene.change(await lists.replace(head, team(...names)));
  strictEqual(await set("carol", "bob"), "nothing");
  strictEqual(await set("bob", "carol", "dave"), "add: alice*, bob, carol, dave");
  strictEqual(await set("bob"), "remove: alice*, bob");
  strictEqual(await set("bob", "dave"), "replace: alice*, bob, dave");
  strictEqual(await set("dave"), "replace: alice*, dave");
  await rejects(set(), { message: "A group needs at least one other member." });
});

Deno.test("somebody whose account was made anew is another member under the same name", async () => {
  const scene = await Scene.open();
  const { lists } = scene;
  const head = scene.head("bob", "carol");
  await scene.renews("bob");
  strictEqual(scene.words([...head.members.values()]), "alice*, bob?, carol");
  // Named again, he gets the keys of the group; not named, nothing is said about him.
  strictEqual(scene.change(await lists.add(head, team("bob"))), "replace: alice*, bob, carol");
  strictEqual(
    scene.change(await lists.replace(head, team("bob", "carol"))),
    "replace: alice*, bob, carol",
  );
  strictEqual(scene.change(await lists.add(head, team("dave"))), "add: alice*, bob?, carol, dave");
  strictEqual(scene.change(await lists.remove(head, team("bob"))), "remove: alice*, carol");
});

Deno.test("FTC1 §7.8: nobody whose verified key has changed is given a key, and he can be removed", async () => {
  const scene = await Scene.open();
  const { lists, pins } = scene;
  await lists.create(team("bob"));
  await pins.verify("bob");
  await pins.confirm("bob");
  const head = scene.head("bob", "carol");
  await scene.renews("bob");
  const refused = { name: "Refused", code: "trust", message: /^bob, whom you have verified, has/ };
  await rejects(lists.create(team("bob", "carol")), refused);
  await rejects(lists.add(scene.head("carol"), team("bob")), refused);
  await rejects(lists.replace(head, team("bob")), refused);
  // Nor does anybody come to a list with him in it; but the owner may always remove somebody.
  await rejects(lists.add(head, team("dave")), refused);
  strictEqual(scene.change(await lists.remove(head, team("carol"))), "remove: alice*, bob?");
  strictEqual(scene.change(await lists.remove(head, team("bob"))), "remove: alice*, carol");
  strictEqual(scene.change(await lists.replace(head, team("carol"))), "remove: alice*, carol");
});

Deno.test("somebody whose record of keys is none is not silently left out", async () => {
  const scene = await Scene.open();
  const { lists, server } = scene;
  const bob = server.records.findLast(({ user }) => user === "bob");
  if (bob === undefined) throw new Error("no bob");
  server.showOctets("bob", bob.bytes.with(-1, 1).with(200, 0).with(201, 0));
  const wanted = lists.create(team("bob", "carol"));
  await rejects(wanted, { name: "Refused", code: "trust" });
  deepStrictEqual(scene.told.length, 1);
});
