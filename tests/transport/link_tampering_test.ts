// FTC1 §9, rows 41–49 and 51: frames that are not the next one of the peer.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { importKey, seal } from "../../cipher/fernet.ts";
import type { LinkErrorCode } from "../../transport/link_error.ts";
import { linkAs, type Peer } from "../testing/links.ts";

const pure = { permissions: "none" } as const;

const FRAME = '{"t":"pong"}';

/** What a peer writes in place of its next frame. */
type Forgery = (peer: Peer) => Promise<string>;

const sealedWith = async (key: Uint8Array, plaintext: string): Promise<string> =>
  `${await seal(await importKey(key), new TextEncoder().encode(plaintext))}\n`;

const BAD_TOKENS: { readonly [what: string]: Forgery } = {
  "under a random key": () => sealedWith(crypto.getRandomValues(new Uint8Array(32)), FRAME),
  "one that came already": async (peer) => {
    const line = await peer.sealed(FRAME);
    await peer.writes(line);
    return line;
  },
  "one too far: a frame was left out": async (peer) => {
    await peer.sealed(FRAME);
    return await peer.sealed(FRAME);
  },
  "swapped with the one after it": async (peer) => {
    const first = await peer.sealed(FRAME);
    return await peer.sealed(FRAME) + first;
  },
  "of another session": async () => await (await linkAs("server")).peer.sealed(FRAME),
  "without its last character": async (peer) => `${(await peer.sealed(FRAME)).slice(0, -2)}\n`,
  "with a carriage return": async (peer) => `${(await peer.sealed(FRAME)).slice(0, -1)}\r\n`,
  "with a blank inside": async (peer) => (await peer.sealed(FRAME)).replace(/^(.{9})/, "$1 "),
  "with one character changed": async (peer) => {
    const line = await peer.sealed(FRAME);
    return line.slice(0, 50) + (line[50] === "A" ? "B" : "A") + line.slice(51);
  },
  "after an empty line": async (peer) => `\n${await peer.sealed(FRAME)}`,
  "in the clear": () => Promise.resolve(`${FRAME}\n`),
  "not even text": () => Promise.resolve("\0\u00ff\n"),
};

for (const [what, forge] of Object.entries(BAD_TOKENS)) {
  for (const role of ["server", "client"] as const) {
    Deno.test(`a frame ${what} ends the link of a ${role}`, pure, async () => {
      const { link, peer } = await linkAs(role);
      await peer.writes(await forge(peer));
      await rejects(readOn(link.receive()), { name: "LinkError", code: "bad_token" });
      link.abort();
    });
  }
}

Deno.test("a frame of one's own sent back does not open", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  link.send(new TextEncoder().encode(FRAME));
  await link.sent();
  await peer.conn.write(conn.written);
  await rejects(link.receive().next(), { code: "bad_token" });
  link.abort();
});

const PLAINTEXTS: readonly (readonly [string, string, LinkErrorCode])[] = [
  ["that is no object", "[]", "bad_frame"],
  ["without a type", "{}", "bad_frame"],
  ["that is not JSON", "hello", "bad_frame"],
  ["with a lone surrogate", '{"t":"a","x":"\\ud800"}', "bad_frame"],
];

for (const [what, plaintext, code] of PLAINTEXTS) {
  Deno.test(`a frame ${what} ends the link`, pure, async () => {
    const { link, peer } = await linkAs("server");
    await peer.says(plaintext);
    await rejects(link.receive().next(), { name: "LinkError", code });
    link.abort();
  });
}

for (const m of ["null", "5", "[5]", '[{"t":"batch","m":[]}]', '[{"x":1}]']) {
  Deno.test(`a batch of ${m} ends the link of a client`, pure, async () => {
    const { link, peer } = await linkAs("client");
    await peer.says(`{"t":"batch","m":${m}}`);
    await rejects(link.receive().next(), { code: "bad_frame" });
    link.abort();
  });
}

Deno.test("unpadded frames and one of exactly 65,536 octets are accepted", pure, async () => {
  const { link, peer } = await linkAs("server");
  link.open();
  await peer.says(FRAME, FRAME.padEnd(65_536));
  const frames = link.receive();
  deepStrictEqual((await frames.next()).value, { t: "pong" });
  deepStrictEqual((await frames.next()).value, { t: "pong" });
  link.abort();
});

Deno.test("a frame of more than 65,536 octets ends the link", pure, async () => {
  const { link, peer } = await linkAs("client");
  await peer.says(FRAME.padEnd(65_537));
  await rejects(link.receive().next(), { code: "bad_frame" });
  link.abort();
  const longer = await linkAs("client");
  await longer.peer.says(FRAME.padEnd(65_552));
  await rejects(longer.link.receive().next(), { code: "line_too_long" });
  longer.link.abort();
});

Deno.test("before the login, a server takes lines of 8,192 octets and no more", pure, async () => {
  const { link, peer } = await linkAs("server");
  const frames = link.receive();
  await peer.says(FRAME.padEnd(6_000));
  deepStrictEqual((await frames.next()).value, { t: "pong" });
  await peer.says(FRAME.padEnd(6_200));
  await rejects(frames.next(), { code: "line_too_long" });
  link.abort();
});

Deno.test("a line without end is refused, and not kept", pure, async () => {
  const { link, peer } = await linkAs("client");
  await peer.writes("A".repeat(1_048_576));
  await rejects(link.receive().next(), { code: "line_too_long" });
  link.abort();
});

Deno.test("after a bad frame the link can still say why it ends", pure, async () => {
  const { link, peer } = await linkAs("server");
  await peer.writes("AAAA\n");
  await rejects(link.receive().next(), { code: "bad_token" });
  await link.close("bad_token");
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye", reason: "bad_token" }]);
  strictEqual(link.ending, "bad_token");
});

/** Reads until the link fails. */
async function readOn(frames: AsyncGenerator<unknown>): Promise<void> {
  for await (const _ of frames);
}
