import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { encodeObject } from "../../protocol/frame.ts";
import { LinkError } from "../../transport/link_error.ts";
import { linkAs, receiveAll } from "../testing/links.ts";
import { fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;

const pong = (re: number) => ({ t: "pong", re });
const json = (re: number) => JSON.stringify(pong(re));
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

Deno.test("a text arrives, padded and under the key of its turn", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  link.send(encodeObject(pong(1)));
  await link.sent();
  const plaintext = await peer.hearsOctets();
  strictEqual(new TextDecoder().decode(plaintext ?? undefined), json(1).padEnd(256));
  strictEqual(conn.written.length, 441);
  link.abort();
});

Deno.test("partial writes lose nothing", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  conn.mostPerWrite = 7;
  for (const n of numbers(3)) link.send(encodeObject(pong(n)));
  await link.sent();
  strictEqual(conn.writes.length > 100, true);
  for (const n of numbers(3)) deepStrictEqual(await peer.hears(), pong(n));
  link.abort();
});

Deno.test(
  "what waits leaves as a batch once the peer has logged in, and not before",
  pure,
  async () => {
    const { link, conn, peer } = await linkAs("server");
    for (const n of numbers(2)) link.send(encodeObject(pong(n)));
    await link.sent();
    deepStrictEqual([await peer.hears(), await peer.hears()], [pong(0), pong(1)]);
    link.open();
    for (const n of numbers(3)) link.send(encodeObject(pong(n)));
    await link.sent();
    deepStrictEqual(await peer.hears(), { t: "batch", m: numbers(3).map(pong) });
    strictEqual(conn.writes.length, 2);
    link.abort();
  },
);

Deno.test("a client never sends a batch", pure, async () => {
  const { link, peer } = await linkAs("client");
  link.open();
  for (const n of numbers(2)) link.send(encodeObject(pong(n)));
  deepStrictEqual([await peer.hears(), await peer.hears()], [pong(0), pong(1)]);
  link.abort();
});

Deno.test(
  "150 frames in one segment arrive in order, over two borders of key blocks",
  pure,
  async () => {
    const { link, peer } = await linkAs("server");
    await peer.says(...numbers(150).map(json), '{"t":"bye"}');
    await peer.conn.closeWrite();
    const { frames, error } = await receiveAll(link);
    strictEqual(error, null);
    deepStrictEqual(frames, [...numbers(150).map(pong), { t: "bye" }]);
  },
);

Deno.test("a batch from the server is taken apart, one from a client is not", pure, async () => {
  const m = numbers(3).map(pong);
  const batch = JSON.stringify({ t: "batch", m });
  const client = await linkAs("client");
  await client.peer.says(batch, '{"t":"bye"}');
  await client.peer.conn.closeWrite();
  deepStrictEqual((await receiveAll(client.link)).frames, [...m, { t: "bye" }]);
  const server = await linkAs("server");
  await server.peer.says(batch, '{"t":"bye"}');
  await server.peer.conn.closeWrite();
  deepStrictEqual((await receiveAll(server.link)).frames, [{ t: "batch", m }, { t: "bye" }]);
});

Deno.test("bye is answered, and the connection closed", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  await peer.says('{"t":"bye"}');
  const received = receiveAll(link);
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye" }]);
  deepStrictEqual(await received, { frames: [{ t: "bye" }], error: null });
  strictEqual(conn.closed, true);
  strictEqual(link.ending, "closed");
});

Deno.test("what comes after bye is ignored", pure, async () => {
  const { link, peer } = await linkAs("client");
  await peer.says('{"t":"batch","m":[{"t":"pong"},{"t":"bye"},{"t":"pong"}]}', json(1));
  await peer.conn.closeWrite();
  const { frames, error } = await receiveAll(link);
  deepStrictEqual([frames, error], [[{ t: "pong" }, { t: "bye" }], null]);
});

Deno.test("closing says why, after what was queued, and says it once", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  link.send(encodeObject(pong(1)));
  const closing = [link.close("shutdown"), link.close("other")];
  link.send(encodeObject(pong(2)));
  deepStrictEqual(await peer.hearsAll(), [pong(1), { t: "bye", reason: "shutdown" }]);
  await Promise.all(closing);
  strictEqual(link.ending, "shutdown");
  strictEqual(conn.closed, true);
});

Deno.test("leaving the scope closes with bye", pure, async () => {
  const { link, peer } = await linkAs("client");
  const heard = peer.hearsAll();
  {
    await using _ = link;
  }
  deepStrictEqual(await heard, [{ t: "bye" }]);
});

Deno.test("the end of the stream without bye is truncated", pure, async () => {
  for (const role of ["server", "client"] as const) {
    const { link, peer } = await linkAs(role);
    await peer.says(json(1));
    peer.conn.close();
    const { frames, error } = await receiveAll(link);
    deepStrictEqual(frames, [pong(1)]);
    strictEqual(error instanceof LinkError && error.code, "truncated");
    link.abort();
  }
});

Deno.test("half a line before the end, or a reset, is truncated as well", pure, async () => {
  const cut = await linkAs("server");
  await cut.peer.writes((await cut.peer.sealed(json(1))).slice(0, -1));
  cut.peer.conn.close();
  await rejects(cut.link.receive().next(), { name: "LinkError", code: "truncated" });
  cut.link.abort();
  const reset = await linkAs("server");
  reset.conn.reset();
  await rejects(reset.link.receive().next(), { name: "LinkError", code: "truncated" });
  reset.link.abort();
});

Deno.test(
  "a peer who does not read is told that he is slow, once he reads again",
  pure,
  async () => {
    const { link, conn, peer } = await linkAs("server", { outboxOctets: 1_000 });
    link.open();
    conn.stall();
    link.send(encodeObject(pong(0)));
    await Promise.resolve();
    await Promise.resolve();
    for (const n of numbers(100)) link.send(encodeObject(pong(n + 1)));
    strictEqual(link.ending, "slow");
    conn.flow();
    const heard = await peer.hearsAll();
    deepStrictEqual(heard.at(-1), { t: "bye", reason: "slow" });
    strictEqual(heard.length <= 2, true);
    await link.close();
    strictEqual(conn.closed, true);
  },
);

Deno.test("who says goodbye lets the peer end first, and looks at nothing more", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  const received = receiveAll(link);
  const closing = link.close("shutdown");
  deepStrictEqual(await peer.hears(), { t: "bye", reason: "shutdown" });
  strictEqual(await peer.hears(), null);
  await peer.says(json(1), json(2), '{"t":"bye"}');
  strictEqual(conn.closed, false);
  await peer.conn.closeWrite();
  await closing;
  strictEqual(conn.closed, true);
  const { frames, error } = await received;
  deepStrictEqual(frames, []);
  strictEqual(error instanceof LinkError && error.code, "truncated");
});

Deno.test("a peer who does not end is closed two seconds after the goodbye", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  using timers = fakeTimers();
  const closing = link.close("shutdown");
  deepStrictEqual(await peer.hears(), { t: "bye", reason: "shutdown" });
  strictEqual(await peer.hears(), null);
  timers.pass(1_999);
  strictEqual(conn.closed, false);
  timers.pass(1);
  await closing;
  strictEqual(conn.closed, true);
  strictEqual(timers.waiting, 0);
});

Deno.test("the last words take two seconds at the most", pure, async () => {
  const { link, conn } = await linkAs("server");
  using timers = fakeTimers();
  conn.stall();
  link.send(encodeObject(pong(1)));
  const closing = link.close("shutdown");
  timers.pass(1_999);
  strictEqual(conn.closed, false);
  timers.pass(1);
  strictEqual(conn.closed, true);
  await closing;
  strictEqual(timers.waiting, 0);
  strictEqual(link.ending, "shutdown");
});

Deno.test("aborting closes without a word, and ends a pending read", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  const reading = rejects(link.receive().next(), { code: "truncated" });
  link.abort();
  link.abort();
  await reading;
  link.send(encodeObject(pong(1)));
  await link.sent();
  deepStrictEqual(await peer.hearsAll(), []);
  strictEqual(conn.closed, true);
  strictEqual(link.ending, "aborted");
});

Deno.test(
  "sending to a peer who is gone reports nothing; the reading side ends",
  pure,
  async () => {
    const { link, conn, peer } = await linkAs("server");
    peer.conn.close();
    link.send(encodeObject(pong(1)));
    await link.sent();
    strictEqual(conn.closed, true);
    await rejects(link.receive().next(), { code: "truncated" });
  },
);
