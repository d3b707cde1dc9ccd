// FTC1 §7 over real connections and a real database: what two clients without a face would do.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { personWith } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { sealedGroup } from "../testing/sealed.ts";
import { testAccount } from "../testing/test_account.ts";
import { startTestServer } from "../testing/test_server.ts";

async function sends(peer: RawPeer, frames: readonly object[]): Promise<string[]> {
  const answers: Frame[] = [];
  for (const frame of frames) answers.push(await peer.request(frame as Frame));
  return answers.map((answer) => answer.t);
}

Deno.test("a group is made, written to, and read by who has nothing but his keys", async () => {
  await using server = await startTestServer({ store: "disk" });
  const accounts = await Promise.all(["bob", "alice"].map(testAccount));
  const [bobs, alices] = accounts;
  if (bobs === undefined || alices === undefined) throw new Error("Cannot begin: no accounts");
  using bob = await RawPeer.registered(server, bobs);
  using alice = await RawPeer.registered(server, alices);
  const { realm } = bob.session;
  const [owner, member] = await Promise.all(
    [bobs, alices].map(({ root, user }) => personWith(root, { user, realm })),
  );
  if (owner === undefined || member === undefined) throw new Error("Cannot begin: no keys");
  const team = await sealedGroup({ realm, name: "team", owner, members: [member] });
  deepStrictEqual(await sends(bob, team.frames), ["ok", "ok"]);
  const created = await alice.next("change");
  deepStrictEqual([created["members"], created["epoch"]], [["alice", "bob"], 0]);
  deepStrictEqual(await sends(bob, [await team.seal(owner, "psst")]), ["ack"]);
  strictEqual(await team.open(String((await alice.next("message"))["body"])), "psst");
  const { conversation } = team;
  const epochs = await alice.request({ t: "epochs", id: 1, conversation });
  deepStrictEqual([epochs["head"], epochs["sent"], epochs["more"]], [0, 1, false]);
  deepStrictEqual(await sends(alice, [await team.leave(member)]), ["ok"]);
  deepStrictEqual(await sends(bob, await team.remove([member])), ["ok", "ok"]);
  const found = await bob.request({ t: "lookup", id: 2, name: "team" });
  strictEqual(found["conversation"], conversation);
  const written = { t: "set_state", id: 3, m: [{ entry: "index", counter: 1, value: "x" }] };
  deepStrictEqual(await sends(bob, [written, { ...written, id: 4 }]), ["ok", "error"]);
  const state = await bob.request({ t: "state", id: 5, after: "a" });
  deepStrictEqual(state["m"], [{ entry: "index", counter: 1, value: "x" }]);
  deepStrictEqual((await bob.request({ t: "state", id: 6, after: "index" }))["m"], []);
  strictEqual(server.log.filter(({ level }) => level === "ERROR").length, 0);
});
