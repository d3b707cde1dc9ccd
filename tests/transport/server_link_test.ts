import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ClientHandshake } from "../../cipher/handshake.ts";
import { encodeObject } from "../../protocol/frame.ts";
import { openClientLink } from "../../transport/client_link.ts";
import { Gate } from "../../transport/gate.ts";
import { Link } from "../../transport/link.ts";
import { openServerLink, type ServerLinkOptions } from "../../transport/server_link.ts";
import { type DuplexEnd, duplexPair } from "../testing/duplex.ts";
import { testIdentity } from "../testing/links.ts";
import { fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;
const identity = await testIdentity();
const OPTIONS: ServerLinkOptions = {
  identity,
  helloMs: 10_000,
  gate: new Gate({ running: 8, waiting: 64 }),
  outboxOctets: 1_048_576,
};

const write = (conn: DuplexEnd, text: string) => conn.write(new TextEncoder().encode(text));

/** A server that has been sent this, and then nothing more. */
async function serverAfter(text: string) {
  const [server, client] = duplexPair();
  await write(client, text);
  await client.closeWrite();
  return { outcome: await openServerLink(server, OPTIONS), server };
}

Deno.test("a handshake over a connection gives both sides the same channel", pure, async () => {
  const [server, client] = duplexPair();
  server.mostPerWrite = 100;
  client.mostPerWrite = 7;
  const [one, other] = await Promise.all([openServerLink(server, OPTIONS), openClientLink(client)]);
  if (!(one instanceof Link)) throw new Error(`Cannot go on: refused, ${one.refused}`);
  deepStrictEqual(one.session.channelBinding, other.session.channelBinding);
  strictEqual(other.session.fingerprint, identity.fingerprint);
  other.send(encodeObject({ t: "auth", user: "bob" }));
  deepStrictEqual((await one.receive().next()).value, { t: "auth", user: "bob" });
  one.abort();
  other.abort();
});

Deno.test("both lines of the server leave in one write", pure, async () => {
  const [server, client] = duplexPair();
  const [one, other] = await Promise.all([openServerLink(server, OPTIONS), openClientLink(client)]);
  strictEqual(server.writes.length, 1);
  strictEqual(server.written.length, 1_613 + 249);
  if (one instanceof Link) one.abort();
  other.abort();
});

// FTC1 §9 rows 3, 10–14, 17.
const NO_HELLOS: { readonly [what: string]: string } = {
  "nothing": "",
  "an HTTP request": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "a TLS hello": "\x16\x03\x01\x02\x00\x01\n",
  "an SSH banner": "SSH-2.0-OpenSSH_9.9\r\n",
  "an empty line": "\n",
  "many empty lines": "\n".repeat(5_000),
  "zero octets": "\0".repeat(100) + "\n",
  "a login in the clear": '{"t":"auth","user":"bob"}\n',
  "8,193 octets": "A".repeat(8_193),
  "a hello without line feed": (await ClientHandshake.start()).helloLine,
  "a hello with a carriage return": `${(await ClientHandshake.start()).helloLine}\r\n`,
};

for (const [what, text] of Object.entries(NO_HELLOS)) {
  Deno.test(`a server answers ${what} with not a single octet`, pure, async () => {
    const { outcome, server } = await serverAfter(text);
    strictEqual(outcome instanceof Link, false);
    strictEqual(server.written.length, 0);
    strictEqual(server.closed, true);
  });
}

Deno.test("a hello of version 2 alone is answered with alert 1", pure, async () => {
  const { helloLine } = await ClientHandshake.start({ versions: [2] });
  const { outcome, server } = await serverAfter(`${helloLine}\n`);
  deepStrictEqual(outcome, { refused: "version" });
  strictEqual(server.written.length > 0, true);
  strictEqual(server.closed, true);
});

Deno.test("a server with a secret does not answer who lacks it", pure, async () => {
  const [server, client] = duplexPair();
  await write(client, `${(await ClientHandshake.start()).helloLine}\n`);
  const secret = new Uint8Array(32).fill(9);
  const outcome = await openServerLink(server, { ...OPTIONS, secret });
  deepStrictEqual(outcome, { refused: "bad_token" });
  strictEqual(server.written.length, 0);
});

Deno.test("the hello must be complete after ten seconds in total", pure, async () => {
  using timers = fakeTimers();
  const [server, client] = duplexPair();
  const opening = openServerLink(server, OPTIONS);
  for (let second = 0; second < 9; second++) {
    await write(client, "A");
    timers.pass(1_000);
  }
  strictEqual(server.closed, false);
  timers.pass(1_000);
  strictEqual(server.closed, true);
  deepStrictEqual(await opening, { refused: "closed" });
  strictEqual(server.written.length, 0);
});

Deno.test("no timer stays behind after a handshake", pure, async () => {
  using timers = fakeTimers();
  const [server, client] = duplexPair();
  const [one, other] = await Promise.all([openServerLink(server, OPTIONS), openClientLink(client)]);
  strictEqual(timers.waiting, 0);
  if (one instanceof Link) one.abort();
  other.abort();
});

Deno.test(
  "when too many handshakes wait, a client hears that the server is busy",
  pure,
  async () => {
    const gate = new Gate({ running: 1, waiting: 0 });
    const busy = Promise.withResolvers<void>();
    const running = gate.run(() => busy.promise);
    const [server, client] = duplexPair();
    const [outcome, failure] = await Promise.all([
      openServerLink(server, { ...OPTIONS, gate }),
      openClientLink(client).catch((error) => error),
    ]);
    deepStrictEqual(outcome, { refused: "alert" });
    deepStrictEqual([failure.code, failure.alert], ["alert", 2]);
    strictEqual(server.closed && client.closed, true);
    busy.resolve();
    await running;
  },
);
