import { match, strictEqual } from "node:assert/strict";
import type { Face } from "../../client/face.ts";
import { JsonFace, streamPort } from "../../client/json_face.ts";
import { PlainFace } from "../../client/plain_face.ts";
import { TerminalFace } from "../../client/terminal/terminal_face.ts";
import { admit, heard, type Script, ScriptedServer } from "../client/scripted_server.ts";
import type { FakePeer } from "../testing/fake_server.ts";
import { faultOf, foundRaw, HOSTILE_TEXTS, withoutOwn } from "./hostile_texts.ts";
import { RecordedStreams } from "./recorded_streams.ts";

/** A text of each class, which a server can put into a frame. */
const TEXTS = HOSTILE_TEXTS.filter((text) => text.isWellFormed());

const LAST_WORD = "that is all";

/** Says hostile things wherever a server can, then waits for bob to leave. */
async function torment(peer: FakePeer): Promise<void> {
  const conversation = "lobby";
  let id = 100;
  for (const text of TEXTS) {
    const lobby = { t: "message", conversation, kind: "lobby", to: "lobby", at: 0 };
    await peer.send({ ...lobby, id: ++id, from: "alice", body: text });
    await peer.send({ ...lobby, id: ++id, from: text, body: text });
    await peer.send({ t: "joined", user: text });
    await peer.send({ t: "error", code: text, msg: text });
    await peer.send({ t: "left", user: text });
  }
  const lobby = { t: "message", conversation, kind: "lobby", to: "lobby", at: 0 };
  await peer.send({ ...lobby, id: ++id, from: "alice", body: LAST_WORD });
  for (let frame = await heard(peer); frame !== null; frame = await heard(peer)) {
    const re = frame["id"];
    if (frame.t === "bye") return await peer.send({ t: "bye", reason: TEXTS[0] });
    if (frame.t === "names") {
      await peer.send({ t: "names", re, users: TEXTS, more: false });
    } else if (frame.t === "groups") {
      const groups = TEXTS.map((name) => ({ name, owner: name, members: 2, since: 0 }));
      await peer.send({ t: "groups", re, groups, more: false });
    } else if (frame.t === "lookup") {
      await peer.send({ t: "error", re, code: "no_user", msg: TEXTS[9], closest: TEXTS[9] });
    }
  }
}

const hostile: Script = async (peer) => {
  await admit(peer);
  await torment(peer);
};

/** A server that says goodbye with such a reason, before one that does so with the next. */
const goodbyes: readonly Script[] = TEXTS.slice(0, 3).map((reason) => async (peer) => {
  await admit(peer);
  await peer.send({ t: "bye", reason });
  await peer.linesToTheEnd();
});

const FACES: { readonly [name: string]: (streams: RecordedStreams) => Face } = {
  plain: (streams) => new PlainFace(streams),
  terminal: (streams) =>
    new TerminalFace(streams, { interrupted: () => {}, now: Date.now, hasLooks: true }),
};

for (const [name, open] of Object.entries(FACES)) {
  Deno.test(`a hostile server gets nothing into the ${name} face`, async () => {
    const streams = new RecordedStreams(true);
    const face = open(streams);
    await using server = new ScriptedServer([...goodbyes, hostile]);
    const code = server.run(face);
    await streams.has(LAST_WORD);
    streams.types("@names\r@group list\r@zed\r@quit\r".replaceAll("\r", "\n"));
    strictEqual(await code, 0);
    await face.close();
    const { raw } = streams;
    match(raw, /Online users: /);
    match(raw, /Your groups: /);
    strictEqual(foundRaw(raw), null);
    strictEqual(faultOf(withoutOwn(raw)), null);
  });
}

Deno.test("a hostile server gets nothing but printable ASCII into the JSON face", async () => {
  const streams = new RecordedStreams(false);
  const face = new JsonFace(streamPort(streams));
  await using server = new ScriptedServer([...goodbyes, hostile]);
  const code = server.run(face);
  await streams.has(LAST_WORD);
  streams.types(null);
  strictEqual(await code, 0);
  await face.close();
  match(streams.written.out, /^(\{[\x20-\x7e]*\}\n)+$/);
  strictEqual(faultOf(streams.written.err), null);
});
