// What a server or a member can say that no honest one would: one marked line each, and the client
// goes on.

import { until } from "../client/scripted_server.ts";
import type { ChangeEntry, MessageEntry } from "../../protocol/event.ts";
import { alterAll, AlteredServer, alterEpochs, showEpochs } from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";
import { piecesOf, readEpoch, sealAs } from "../testing/insider.ts";
import { sealedGroup } from "../testing/sealed.ts";

const LONG = "x".repeat(300);

const NO_CONVERSATION = "the server names no conversation";
const NOT_BETWEEN = "the server names a conversation that is not between these two";
const FILED_ELSEWHERE =
  "it was filed under another conversation or epoch than its sender wrote it for";
const NO_EPOCH = "the server does not give the record of its epoch";
const TEXT = "its text is none that may be sent";

interface Scene extends AsyncDisposable {
  readonly server: AlteredServer;
  readonly alice: Device;
  readonly bob: Device;
  /** What bob has written to alice. */
  readonly one: MessageEntry;
}

async function begin(): Promise<Scene> {
  const server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  bob.types("@alice one");
  await alice.sees("[DM from bob]: one");
  await bob.sees("[DM to alice]: one");
  const one = server.lastTold("alice", "message");
  return { server, alice, bob, one, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Everything still works: the lobby, and what is sealed. */
async function goesOn({ alice, bob }: Scene): Promise<void> {
  alice.types("@bob still here");
  await alice.sees("[DM to bob]: still here");
  await bob.sees("[DM from alice]: still here");
  bob.types("@alice so am I");
  await alice.sees("[DM from bob]: so am I");
  await alice.quits();
}

Deno.test("names and conversations that cannot be: one marked line each", async () => {
  await using scene = await begin();
  const { server, alice, one } = scene;
  // There are records to be had for any conversation but the true one, of a group that is another.
  const [me, owner] = [await server.keysOf("alice"), await server.keysOf("bob")];
  const { realm } = server;
  const group = await sealedGroup({ realm, name: "team", owner, members: [me] });
  if (group.record === null) throw new Error("Cannot show: there is no epoch");
  const { record } = group;
  const pieces = piecesOf({ record }, { added: [owner, me] });
  const elsewhere = ["A".repeat(43), "AAAA", "__proto__", ""];
  server.alter(
    "alice",
    alterAll(...elsewhere.map((conversation) => showEpochs(conversation, pieces))),
  );
  const inGroup = { ...one, kind: "group", to: "team" } as const;
  const [conversation = ""] = elsewhere;
  const messages: readonly (readonly [MessageEntry, where: string, reason: string])[] = [
    [{ ...one, from: "Bad Name!" }, "Bad Name! to alice", NOT_BETWEEN],
    [{ ...one, from: "bad\nname" }, "bad\\x0aname to alice", NOT_BETWEEN],
    [{ ...one, from: LONG }, `${LONG} to alice`, NOT_BETWEEN],
    [{ ...one, to: LONG }, `bob to ${LONG}`, NOT_BETWEEN],
    [{ ...one, from: "alice", to: "" }, "alice to ", NOT_BETWEEN],
    [{ ...one, epoch: 2 ** 50 }, "bob to alice", NO_EPOCH],
    [{ ...inGroup, to: LONG, conversation }, `bob in ${LONG}`, FILED_ELSEWHERE],
    [{ ...inGroup, to: "", conversation }, "bob in ", FILED_ELSEWHERE],
    [{ ...inGroup, conversation: "AAAA" }, "bob in team", NO_CONVERSATION],
    [{ ...inGroup, conversation: "__proto__" }, "bob in team", NO_CONVERSATION],
    [{ ...inGroup, conversation: "" }, "bob in team", NO_CONVERSATION],
  ];
  let { id } = one;
  for (const [message, where, reason] of messages) {
    server.tell("alice", { ...message, id: ++id });
    await alice.sees(`[not shown]: message from ${where}: ${reason}`);
  }
  const made = { t: "change", at: one.at, epoch: 0, change: "created", by: "bob" } as const;
  const changes: readonly (readonly [Partial<ChangeEntry>, group: string, reason: string])[] = [
    [{ conversation, group: LONG }, LONG, FILED_ELSEWHERE],
    [{ conversation, group: "Bad Name!" }, "Bad Name!", FILED_ELSEWHERE],
    [{ conversation: "AAAA", group: "team" }, "team", NO_CONVERSATION],
    [{ conversation: "__proto__", group: "team" }, "team", NO_CONVERSATION],
  ];
  for (const [change, group, reason] of changes) {
    server.tell("alice", { ...made, members: [], ...change, id: ++id } as ChangeEntry);
    await alice.sees(`[not shown]: a change of group ${group}: ${reason}`);
  }
  server.isHonestTo("alice");
  await goesOn(scene);
});

Deno.test("a wrap that is made anew and is no base64url is none, and the client goes on", async () => {
  await using scene = await begin();
  const { server, alice, bob, one: { conversation } } = scene;
  const before = server.asked("alice", "epochs").length;
  server.alter(
    "alice",
    alterEpochs(conversation, (answer) => ({
      ...answer,
      pieces: answer.pieces.map((piece) => "record" in piece ? { ...piece, wrap: "!!!" } : piece),
    })),
  );
  server.tell("alice", { t: "rewrapped", conversation, epoch: 0 });
  await until(() => server.asked("alice", "epochs").length > before);
  // What comes behind the answer is handled behind it.
  alice.types("for all");
  for (const device of [alice, bob]) await device.sees("[alice]: for all");
  server.isHonestTo("alice");
  await goesOn(scene);
});

Deno.test("a member seals what may not be sent: marked, escaped, or shown as it is", async () => {
  await using scene = await begin();
  const { server, alice, one } = scene;
  const bob = await server.keysOf("bob");
  const epoch = await readEpoch(server, bob, { ...one, epoch: 0 });
  const marked = [`[not shown]: message from bob to alice: ${TEXT}`];
  const cases: readonly (readonly [string | Uint8Array, ...lines: (string | RegExp)[]])[] = [
    ["", ...marked],
    ["\n\n\n", ...marked],
    ["x".repeat(4_001), ...marked],
    [
      Uint8Array.of(0xff, 0xfe),
      "[not shown]: message from bob to alice: it was altered, or is of another conversation or epoch",
    ],
    [
      "\u001b[31mred\u001b[0m\r\nX\u202e",
      "[DM from bob]: \\x1b[31mred\\x1b[0m\\x0d",
      "| X",
    ],
    ["😀".repeat(3_999), `[DM from bob]: ${"😀".repeat(3_999)}`],
  ];
  let { id } = one;
  for (const [n, [text, ...lines]] of cases.entries()) {
    const fields = typeof text === "string" ? { n: n + 1 } : { n: n + 1, body: text };
    const body = await sealAs(bob, epoch, { text: String(text), fields });
    server.tell("alice", { ...one, id: ++id, body });
    await alice.sees(...lines);
  }
  await goesOn(scene);
});

Deno.test("a member seals a time and a counter that cannot be: said beside the text, and nothing is lost", async () => {
  await using scene = await begin();
  const { server, alice, one } = scene;
  const bob = await server.keysOf("bob");
  const epoch = await readEpoch(server, bob, { ...one, epoch: 0 });
  const last = Number.MAX_SAFE_INTEGER;
  const cases = [
    [{ n: 1 }, "[DM from bob]: text"],
    [{ n: 2, time: last }, "[DM from bob]: text (sent at ????-??-?? ??:?? by the sender's clock)"],
    [
      { n: last },
      `--- ${(last - 3).toLocaleString("en")} messages from bob are missing here ---`,
      "[DM from bob]: text",
    ],
    [{ n: 3 }, "[DM from bob]: text (late)"],
  ] as const;
  let { id } = one;
  for (const [fields, ...lines] of cases) {
    server.tell("alice", {
      ...one,
      id: ++id,
      body: await sealAs(bob, epoch, { text: "text", fields }),
    });
    await alice.sees(...lines);
  }
  await goesOn(scene);
});
