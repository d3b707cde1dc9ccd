// FTC1 §9 row 9, §3.10: peers who do not read what is sent to them.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { testAccount } from "../testing/test_account.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";

const UNHURRIED = { requestBurst: 100_000, readBurst: 100_000 } as const;
const SMALL_OUTBOX = { policy: { ...UNHURRIED, outboxOctets: 131_072 } } as const;

/** The longest text there is. */
const BODY = "\u{1f33f}".repeat(4_000);

/** Writes to the lobby until the server finds somebody too slow; returns what was written. */
async function writeUntilSlow(writer: RawPeer, server: TestServer): Promise<number[]> {
  const ids: number[] = [];
  const isSlow = () => [...server.shared.links].some((link) => link.ending === "slow");
  while (!isSlow()) {
    ok(ids.length < 3_000, "nobody was too slow");
    const send = { t: "send", id: `m${ids.length}`, to: "lobby", body: BODY };
    ids.push(Number((await writer.request(send))["id"]));
  }
  return ids;
}

/** Reads all the history there is, in pages. */
async function idsOfHistory(peer: RawPeer): Promise<number[]> {
  const ids: number[] = [];
  for (let more = true; more;) {
    const asked = { t: "history", id: `after ${ids.length}`, limit: 1_000, from: "oldest" };
    const page = await peer.request({ ...asked, after: ids.at(-1) ?? 0 });
    ids.push(...(page["entries"] as Frame[]).map(({ id }) => Number(id)));
    more = page["more"] === true;
  }
  return ids;
}

Deno.test("row 9: a peer who never reads is cut off within two seconds, others notice nothing, and he catches up", async () => {
  await using server = await startTestServer(SMALL_OUTBOX);
  const account = await testAccount("slow");
  using slow = await RawPeer.registered(server, account);
  using writer = await RawPeer.named(server, "writer");
  const ids = await writeUntilSlow(writer, server);
  const began = performance.now();
  // Those who read have had everything, and go on.
  const send = { t: "send", id: "meanwhile", to: "lobby", body: "meanwhile" };
  ids.push(Number((await writer.request(send))["id"]));
  await server.served(1);
  const took = performance.now() - began;
  ok(took < 2_500, `closed after ${took} ms`);
  // What had left the server comes, then the end; what waited does not.
  let heard = 0;
  while (await slow.line() !== null) heard++;
  ok(heard < ids.length, "everything had left the server");
  using again = await RawPeer.loggedIn(server, account);
  deepStrictEqual(await idsOfHistory(again), ids);
});

Deno.test("row 9: a peer who was too slow and reads again at once is told so: bye slow", async () => {
  await using server = await startTestServer(SMALL_OUTBOX);
  using slow = await RawPeer.named(server, "slow");
  using writer = await RawPeer.named(server, "writer");
  const ids = await writeUntilSlow(writer, server);
  const heard: Frame[] = [];
  for (let frame = await slow.frame(); frame !== null; frame = await slow.frame()) {
    if (frame.t !== "joined") heard.push(frame);
  }
  deepStrictEqual(heard.pop(), { t: "bye", reason: "slow" });
  // No gap before the end.
  deepStrictEqual(heard.map(({ id }) => id), ids.slice(0, heard.length));
  ok(heard.length < ids.length, "everything had left the server");
  strictEqual((await writer.request({ t: "ping", id: 1 })).t, "pong");
});

Deno.test("who has sent more than the server will read hears all his answers, and why it ends", async () => {
  await using server = await startTestServer({ policy: UNHURRIED });
  using peer = await RawPeer.named(server, "peer");
  const ids = Array.from({ length: 1_000 }, (_, id) => id);
  await peer.send(...ids.map((id) => ({ t: "ping", id })));
  await peer.write(`no token\n${"x".repeat(100_000)}\n`);
  const [link] = server.shared.links;
  while (link?.ending === null) await new Promise<void>((resolve) => setTimeout(resolve));
  const heard: Frame[] = [];
  for (let frame = await peer.frame(); frame !== null; frame = await peer.frame()) {
    heard.push(frame);
  }
  deepStrictEqual(heard.pop(), { t: "bye", reason: "bad_token" });
  deepStrictEqual(heard.map(({ re }) => re), ids);
});

Deno.test("who says goodbye has left at once, though he keeps his connection", async () => {
  await using server = await startTestServer();
  using witness = await RawPeer.named(server, "witness");
  using peer = await RawPeer.named(server, "peer");
  await peer.send({ t: "bye" });
  deepStrictEqual(await witness.next("left"), { t: "left", user: "peer" });
  // The server still waits for him to end.
  strictEqual(server.shared.links.size, 2);
  deepStrictEqual(await peer.next("bye"), { t: "bye" });
});

/** Asks for far more than the outbox may hold, without reading. */
async function askForMuch(greedy: RawPeer): Promise<number[]> {
  for (let n = 0; n < 3; n++) {
    await greedy.request({ t: "send", id: `${n}`, to: "lobby", body: BODY });
  }
  const ids = Array.from({ length: 200 }, (_, id) => id);
  await greedy.send(...ids.map((id) => ({ t: "history", id, limit: 3 })));
  return ids;
}

Deno.test("row 9: who asks for much is answered as fast as he reads, and not cut off", async () => {
  await using server = await startTestServer(SMALL_OUTBOX);
  using greedy = await RawPeer.named(server, "greedy");
  const ids = await askForMuch(greedy);
  for (const id of ids) strictEqual((await greedy.answerTo(id)).t, "history");
  strictEqual((await greedy.request({ t: "ping", id: "still here" })).t, "pong");
});

Deno.test("row 9: who asks for much and reads nothing gets no more, and is cut off for his silence", async () => {
  const policy = { ...UNHURRIED, outboxOctets: 131_072, silenceMs: 600 };
  await using server = await startTestServer({ policy, tickMs: 50 });
  using greedy = await RawPeer.named(server, "greedy");
  await askForMuch(greedy);
  await server.served(0);
});
