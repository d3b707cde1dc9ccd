// A look-up that answers a known name with something of the other kind: nothing is sealed for it
// before the user says so.

import { deepStrictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { directId } from "../../cipher/conversation.ts";
import { type Alter, alterAll, AlteredServer, showEpochs } from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";
import { person } from "../testing/person.ts";
import { sealedGroup } from "../testing/sealed.ts";

const NOW_A_GROUP = "alice is a user, by what you know under this name, and the server says that " +
  "it is a group. Nothing is sent there until @trust alice.";

const NOW_A_USER = "team is a group, by what you know under this name, and the server says that " +
  "it is a user. Nothing is sent there until @trust team.";

interface Scene extends AsyncDisposable {
  readonly server: AlteredServer;
  readonly bob: Device;
  /** What is not to be written to, base64url. */
  readonly conversation: string;
  /** Conversations that bob has sent to, the lobby being "lobby"; each message counts once. */
  readonly sent: () => string[];
}

/** Bob knows alice, and is shown a group named alice that somebody else has made of him. */
async function groupNamedAlice(): Promise<Scene> {
  const server = await AlteredServer.open();
  const [bob] = await server.logins("bob", "alice");
  bob.types("@alice one");
  await bob.sees("[DM to alice]: one");
  const thief = await person("thief", server.realm);
  await server.setKeys(thief);
  const me = await server.keysOf("bob");
  const group = await sealedGroup({
    realm: server.realm,
    name: "alice",
    owner: thief,
    members: [me],
  });
  const { conversation, frames } = group;
  const record = frames.flatMap((frame) => frame.t === "epoch" ? [frame.record] : [])[0] ?? "";
  const found: Alter = (event, asked) =>
    asked?.t === "lookup" && asked.name === "alice"
      ? [{ t: "found", re: asked.id, name: "alice", kind: "group", conversation }]
      : [event];
  const epochs = showEpochs(conversation, [
    { e: 0, record, wrap: await group.wrapFor(me) },
    { e: 0, added: [["thief", thief.fp], ["bob", me.fp]] },
  ]);
  await server.reconnect(bob);
  server.alter("bob", alterAll(found, epochs));
  // The group is its maker's, but he who runs the server can have it stored there.
  server.answer("bob", (command) => {
    if (command.t !== "send" || command.conversation !== conversation) return null;
    const { body } = command;
    const [id, at] = [server.lastTold("bob", "message").id + 1, Date.now()];
    const stored = { t: "message", id, at, conversation, kind: "group", epoch: 0, body } as const;
    return [{ t: "ack", re: command.id, id, at }, { ...stored, from: "bob", to: "alice" }];
  });
  return scene(server, bob, conversation);
}

/** Bob knows the group team, and is shown a user of that name. */
async function userNamedTeam(): Promise<Scene> {
  const server = await AlteredServer.open();
  const [bob] = await server.team("bob", "alice");
  bob.types("@team one");
  await bob.sees("[Group: team] bob: one");
  await server.setKeys(await person("team", server.realm));
  await server.reconnect(bob);
  server.alter(
    "bob",
    (event, asked) =>
      asked?.t === "lookup" && asked.name === "team"
        ? [{ t: "found", re: asked.id, name: "team", kind: "user" }]
        : [event],
  );
  const conversation = encodeBase64Url(await directId(server.realm, "bob", "team"));
  return scene(server, bob, conversation);
}

function scene(server: AlteredServer, bob: Device, conversation: string): Scene {
  const before = new Set(server.asked("bob", "send").map(({ id }) => id));
  const sent = () => {
    const messages = new Map(server.asked("bob", "send").map((send) => [send.id, send]));
    return [...messages].flatMap(([id, { conversation = "lobby" }]) =>
      before.has(id) ? [] : [conversation]
    );
  };
  return {
    server,
    bob,
    conversation,
    sent,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** How many times keys were made: for whom nothing is sealed, none are. */
function made({ server }: Scene): number {
  return server.asked("bob", "epoch").length + server.asked("bob", "wraps").length;
}

Deno.test("a known user's name that is answered with a group: a warning, and nothing is sealed until @trust", async () => {
  await using scene = await groupNamedAlice();
  const { bob, sent, conversation } = scene;
  const before = made(scene);
  bob.types("@alice secret", "@alice secret again", "for all");
  await bob.sees(
    `WARNING: ${NOW_A_GROUP}`,
    `ERROR: ${NOW_A_GROUP}`,
    `ERROR: ${NOW_A_GROUP}`,
    "[bob]: for all",
  );
  deepStrictEqual([sent(), made(scene) - before], [["lobby"], 0]);
  bob.types("@trust alice", "@alice for the group");
  await bob.sees("From now on alice is this group.", "[Group: alice] bob: for the group");
  deepStrictEqual(sent(), ["lobby", conversation]);
  await bob.quits(3);
});

Deno.test("a known user's name that is answered with a group and chosen alone: nothing typed after it is sealed", async () => {
  await using scene = await groupNamedAlice();
  const { bob, sent, conversation, server } = scene;
  bob.types("@alice", "secret", "@lobby", "for all");
  await bob.sees(`WARNING: ${NOW_A_GROUP}`, `ERROR: ${NOW_A_GROUP}`, "[bob]: for all");
  deepStrictEqual(sent(), ["lobby"]);
  bob.types("@trust alice", "@alice", "for the group");
  await bob.sees("From now on alice is this group.", "[Group: alice] bob: for the group");
  deepStrictEqual(sent(), ["lobby", conversation]);
  // The user is as well known as before.
  server.isHonestTo("bob");
  await server.reconnect(bob);
  bob.types("@alice two");
  await bob.sees("[DM to alice]: two");
  await bob.quits(3);
});

Deno.test("without @trust, the user is written to again as soon as the name is answered right", async () => {
  await using scene = await groupNamedAlice();
  const { bob, server } = scene;
  bob.types("@alice secret");
  await bob.sees(`WARNING: ${NOW_A_GROUP}`, `ERROR: ${NOW_A_GROUP}`);
  server.isHonestTo("bob");
  await server.reconnect(bob);
  bob.types("@alice two");
  await bob.sees("[DM to alice]: two");
  await bob.quits(3);
});

Deno.test("a pinned group's name that is answered with a user: a warning, and nothing is sealed until @trust", async () => {
  await using scene = await userNamedTeam();
  const { bob, sent, conversation } = scene;
  const before = made(scene);
  bob.types("@team secret", "@team secret again", "for all");
  await bob.sees(
    `WARNING: ${NOW_A_USER}`,
    `ERROR: ${NOW_A_USER}`,
    `ERROR: ${NOW_A_USER}`,
    "[bob]: for all",
  );
  deepStrictEqual([sent(), made(scene) - before], [["lobby"], 0]);
  bob.types("@trust team", "@team for the user");
  // For the server itself it is a group.
  await bob.sees("From now on team is this user.", "ERROR: No group team that you are in.");
  deepStrictEqual(sent(), ["lobby", conversation]);
  await bob.quits(3);
});

Deno.test("a pinned group's name that is answered with a user and chosen alone: nothing typed after it is sealed", async () => {
  await using scene = await userNamedTeam();
  const { bob, sent, conversation } = scene;
  bob.types("@team", "secret", "@lobby", "for all");
  await bob.sees(`WARNING: ${NOW_A_USER}`, `ERROR: ${NOW_A_USER}`, "[bob]: for all");
  deepStrictEqual(sent(), ["lobby"]);
  bob.types("@trust team", "@team", "for the user");
  await bob.sees("From now on team is this user.", "ERROR: No group team that you are in.");
  deepStrictEqual(sent(), ["lobby", conversation]);
  await bob.quits(3);
});
