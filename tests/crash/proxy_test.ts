import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Fault, FaultyProxy } from "./proxy.ts";

/** Longer than one piece, and no line feed but at its end. */
const LINE = new TextEncoder().encode(`${"x".repeat(1_000)}\n`);

/** What a peer gets until the end, and how that comes. */
interface Heard {
  readonly octets: number;
  readonly end: "end" | "reset";
}

interface Wire extends AsyncDisposable {
  readonly proxy: FaultyProxy;
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

/** A connection through a proxy in which one thing goes wrong. */
async function wireWith(fault: Omit<Fault, "ms">): Promise<Wire> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const proxy = await FaultyProxy.open(() => listener.addr.port);
  proxy.plan([{ ...fault, ms: 5 }]);
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: proxy.port }),
    listener.accept(),
  ]);
  return {
    proxy,
    client,
    server,
    [Symbol.asyncDispose]: async () => {
      client.close();
      server.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

async function hear(conn: Deno.Conn): Promise<Heard> {
  const buffer = new Uint8Array(65_536);
  let octets = 0;
  while (true) {
    try {
      const count = await conn.read(buffer);
      if (count === null) return { octets, end: "end" };
      octets += count;
    } catch (error) {
      ok(error instanceof Deno.errors.ConnectionReset, String(error));
      return { octets, end: "reset" };
    }
  }
}

async function write(conn: Deno.Conn, octets: Uint8Array): Promise<void> {
  for (let done = 0; done < octets.length;) done += await conn.write(octets.subarray(done));
}

Deno.test("a network in which nothing is due passes octets on in both directions", async () => {
  await using wire = await wireWith({ kind: "drop", direction: "up", after: 10_000 });
  await write(wire.client, LINE);
  await write(wire.server, LINE);
  await wire.client.closeWrite();
  await wire.server.closeWrite();
  deepStrictEqual(await Promise.all([hear(wire.server), hear(wire.client)]), [
    { octets: LINE.length, end: "end" },
    { octets: LINE.length, end: "end" },
  ]);
  strictEqual(wire.proxy.cuts, 0);
});

Deno.test("drop passes on what was read and ends both sides", async () => {
  await using wire = await wireWith({ kind: "drop", direction: "up", after: LINE.length });
  await write(wire.client, LINE);
  deepStrictEqual(await Promise.all([hear(wire.server), hear(wire.client)]), [
    { octets: LINE.length, end: "end" },
    { octets: 0, end: "end" },
  ]);
  strictEqual(wire.proxy.cuts, 1);
});

Deno.test("cut passes on a part of a frame and ends both sides", async () => {
  await using wire = await wireWith({ kind: "cut", direction: "up", after: LINE.length });
  await write(wire.client, LINE);
  const [server, client] = await Promise.all([hear(wire.server), hear(wire.client)]);
  ok(server.octets > 0 && server.octets < LINE.length, `${server.octets} octets`);
  deepStrictEqual(client, { octets: 0, end: "end" });
});

Deno.test("swallow lets the last octets disappear and ends both sides", async () => {
  await using wire = await wireWith({ kind: "swallow", direction: "down", after: 1 });
  await write(wire.server, new Uint8Array(10));
  deepStrictEqual(await Promise.all([hear(wire.server), hear(wire.client)]), [
    { octets: 0, end: "end" },
    { octets: 0, end: "end" },
  ]);
});

Deno.test("reset answers both sides with RST", async () => {
  await using wire = await wireWith({ kind: "reset", direction: "up", after: 1 });
  await write(wire.client, LINE);
  const [server, client] = await Promise.all([hear(wire.server), hear(wire.client)]);
  deepStrictEqual([server.end, client.end], ["reset", "reset"]);
  strictEqual(wire.proxy.cuts, 1);
});

Deno.test("half-close ends one direction, and the other goes on", async () => {
  await using wire = await wireWith({ kind: "half-close", direction: "up", after: 1 });
  await write(wire.client, new Uint8Array(10));
  deepStrictEqual(await hear(wire.server), { octets: 10, end: "end" });
  await write(wire.server, LINE);
  await wire.server.closeWrite();
  deepStrictEqual(await hear(wire.client), { octets: LINE.length, end: "end" });
  strictEqual(wire.proxy.cuts, 1);
});

Deno.test("delay changes no octet and breaks nothing", async () => {
  await using wire = await wireWith({ kind: "delay", direction: "up", after: 1 });
  for (let n = 0; n < 10; n++) await write(wire.client, LINE);
  await wire.client.closeWrite();
  deepStrictEqual(await hear(wire.server), { octets: 10 * LINE.length, end: "end" });
  strictEqual(wire.proxy.cuts, 0);
  strictEqual(wire.proxy.delays, 1);
});

Deno.test("what is planned strikes one connection after the other, and healing forgets it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using proxy = await FaultyProxy.open(() => listener.addr.port);
  const fault: Fault = { kind: "drop", direction: "up", after: 1, ms: 5 };
  proxy.plan([fault, fault, fault]);
  const octetsBack = async () => {
    using client = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
    using server = await listener.accept();
    await write(client, new Uint8Array(1));
    await server.read(new Uint8Array(1));
    await write(server, LINE);
    await server.closeWrite();
    return (await hear(client)).octets;
  };
  deepStrictEqual([await octetsBack(), await octetsBack()], [0, 0]);
  proxy.heal();
  strictEqual(await octetsBack(), LINE.length);
  strictEqual(proxy.cuts, 2);
});
