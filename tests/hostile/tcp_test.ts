import { ok, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { ClientHandshake } from "../../cipher/handshake.ts";
import { tempFolder } from "../server/temp_folder.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { PROGRAM, Program } from "../testing/processes.ts";
import { startTestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

Deno.test("row 1: a peer that connects and closes at once leaves nothing behind", async () => {
  await underAttack(async ({ server }) => {
    for (let i = 0; i < 20; i++) (await RawPeer.connect(server))[Symbol.dispose]();
    // Connections are accepted in order: once this one is served, so are all before it.
    using last = await RawPeer.handshaken(server);
    await last.leave();
    await server.served(1);
    strictEqual(server.shared.strangers.size, 0);
    strictEqual(server.shared.links.size, 1);
  });
});

/** Connects and resets. Resolves when the reset is on its way. */
async function reset(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const closed = once(socket, "close");
  socket.resetAndDestroy();
  await closed;
}

Deno.test("row 2: a reset before accept does not end the accept loop", async () => {
  const resets = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<number>();
  const attack = listening.promise.then(async (port) => {
    for (let i = 0; i < 5; i++) await reset(port);
    resets.resolve();
  });
  await underAttack(async ({ server }) => {
    await attack;
    const failures = server.log.filter(({ text }) => text.includes("accept failed"));
    ok(failures.length > 0, "accept was to fail, and did not");
  }, {
    acceptor: (listener) => {
      listening.resolve(listener.addr.port);
      return { accept: () => resets.promise.then(() => listener.accept()) };
    },
  });
});

Deno.test("row 3: a half close without data is answered with a close", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.connect(server);
    await peer.closeWrite();
    await peer.expectSilentEnd();
  });
});

Deno.test("row 4: a peer that never speaks is closed when the time for the hello is over", async () => {
  await underAttack(async ({ server }) => {
    const began = performance.now();
    using peer = await RawPeer.connect(server);
    await peer.expectSilentEnd();
    ok(performance.now() - began >= 290);
    await server.served(1);
  }, { policy: { helloMs: 300 } });
});

Deno.test("row 5: a hello that drips is closed at the same moment as silence", async () => {
  await underAttack(async ({ server }) => {
    const began = performance.now();
    using peer = await RawPeer.connect(server);
    const { helloLine } = await ClientHandshake.start();
    let at = 0;
    const dripping = setInterval(() => void peer.write(helloLine.charAt(at++)), 20);
    await peer.expectSilentEnd();
    clearInterval(dripping);
    const took = performance.now() - began;
    ok(at > 3, "nothing dripped");
    ok(took >= 290 && took < 2_000, `closed after ${took} ms`);
  }, { policy: { helloMs: 300 } });
});

Deno.test("row 6: a hello in pieces of 7 octets at speed is accepted", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.connect(server);
    const handshake = await ClientHandshake.start();
    const line = `${handshake.helloLine}\n`;
    for (let at = 0; at < line.length; at += 7) await peer.write(line.slice(at, at + 7));
    await peer.finish(handshake);
    strictEqual((await peer.ask({ t: "auth", user: "witness" }))["known"], true);
  });
});

Deno.test("row 7: beside 200 silent connections others can log in", async () => {
  await underAttack(async ({ server }) => {
    using stack = new DisposableStack();
    for (let i = 0; i < 200; i++) stack.use(await RawPeer.connect(server));
    using user = await RawPeer.named(server, "user");
    strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
    strictEqual(server.shared.strangers.size, 200);
  });
});

Deno.test("row 7: where all places of strangers are taken, the oldest one goes", async () => {
  await underAttack(async ({ server }) => {
    using oldest = await RawPeer.connect(server);
    using stack = new DisposableStack();
    for (let i = 0; i < 20; i++) stack.use(await RawPeer.connect(server));
    await oldest.expectSilentEnd();
    using user = await RawPeer.named(server, "user");
    strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
    ok(server.shared.strangers.size <= 20);
  }, { policy: { strangersTotal: 20 } });
});

Deno.test("row 8: while accept fails for want of descriptors it is tried again, and recovers", async () => {
  let failures = 0;
  const lack = () => Promise.reject(new Error("Too many open files (os error 24)"));
  const began = performance.now();
  await using server = await startTestServer({
    acceptor: (listener) => ({
      accept: () => failures++ < 10 ? lack() : listener.accept(),
    }),
  });
  using user = await RawPeer.named(server, "user");
  strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
  ok(performance.now() - began >= 50, "accept was tried again without a pause");
});

Deno.test("row 8: a server whose descriptors are used up backs off, and recovers", async () => {
  await using folder = await tempFolder();
  const run = `exec "$0" run -A "$1" server 127.0.0.1 0 --no-keys --data "$2"`;
  await using program = new Program(
    ["sh", "-c", `ulimit -n 64; ${run}`, Deno.execPath(), PROGRAM, join(folder.path, "data")],
  );
  const address = await program.out.until(/^Fernchat \S+ listens on 127\.0\.0\.1:\d+$/);
  const server = { port: Number(address.slice(address.lastIndexOf(":") + 1)) };
  using user = await RawPeer.named(server, "user");
  const began = performance.now();
  {
    using stack = new DisposableStack();
    for (let i = 0; i < 64; i++) stack.use(await RawPeer.connect(server));
    await program.err.until(/accept failed.*Too many open files/);
    // Who is logged in is served all the while.
    const send = { t: "send", id: "1", to: "lobby", body: "still here" };
    strictEqual((await user.request(send)).t, "ack");
  }
  using newcomer = await RawPeer.named(server, "newcomer");
  strictEqual((await newcomer.request({ t: "ping", id: 1 })).t, "pong");
  const failures = program.err.text.match(/accept failed/g)?.length ?? 0;
  const most = (performance.now() - began) / 1_000 + 1;
  ok(failures <= most, `accept failed ${failures} times in the log, more than once a second`);
});
