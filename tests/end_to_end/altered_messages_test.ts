import type { MessageEntry } from "../../protocol/event.ts";
import { AlteredServer, alterMessages } from "../testing/altered_server.ts";
import { readEpoch, sealAs } from "../testing/insider.ts";
import { past } from "../testing/lines.ts";

/** The line in the place of a message that is not shown. */
function notShown(what: string, reason: string): string {
  return `[not shown]: message from ${what}: ${reason}`;
}

const ALTERED = "it was altered, or is of another conversation or epoch";
const ONCE_MORE = "the server shows an earlier message once more";

Deno.test("row 109: a replayed message, live and in history, is one marked line", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@team hello");
  await bob.sees("[Group: team] alice: hello");
  const hello = server.lastTold("bob", "message");
  server.tell("bob", { ...hello, id: hello.id + 1 });
  await bob.sees(notShown("alice in team", ONCE_MORE));
  alice.types("@team bye");
  await bob.sees("[Group: team] alice: bye");
  server.alter(
    "bob",
    alterMessages((one) => one.id === hello.id ? [one, { ...one, id: one.id + 1 }] : [one]),
  );
  bob.types("@history 10 team");
  await bob.sees(
    "--- Last 3 Messages ---",
    past("[Group: team] alice: hello"),
    past(notShown("alice in team", ONCE_MORE)),
    past("[Group: team] alice: bye"),
  );
  await bob.quits();
});

Deno.test("two messages in the other order: the earlier one is marked as late", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@team zero");
  await bob.sees("[Group: team] alice: zero");
  const held: MessageEntry[] = [];
  server.alter(
    "bob",
    alterMessages((message) => {
      held.push(message);
      const [first, second] = held;
      if (first === undefined || second === undefined) return [];
      return [{ ...first, body: second.body }, { ...second, body: first.body }];
    }),
  );
  alice.types("@team one", "@team two");
  await bob.sees(
    "--- 1 message from alice is missing here ---",
    "[Group: team] alice: two",
    "[Group: team] alice: one (late)",
  );
  server.isHonestTo("bob");
  alice.types("@team three");
  await bob.sees("[Group: team] alice: three");
  await bob.quits();
});

Deno.test("a damaged token is one marked line, wherever the damage is", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  alice.types("@bob hello");
  await bob.sees("[DM from alice]: hello");
  const hello = server.lastTold("bob", "message");
  const { body } = hello;
  const damages = [
    `${flip(body[30])}${body.slice(1)}`,
    `${body.slice(0, 200)}${flip(body[200])}${body.slice(201)}`,
    `${body.slice(0, -6)}${flip(body.at(-6))}${body.slice(-5)}`,
    body.slice(0, -64),
    "",
  ];
  for (const [at, damaged] of damages.entries()) {
    server.tell("bob", { ...hello, id: hello.id + 1 + at, body: damaged });
    await bob.sees(notShown("alice to bob", ALTERED));
  }
  alice.types("@bob bye");
  await bob.sees("[DM from alice]: bye");
  await bob.quits();
});

function flip(character: string | undefined): string {
  return character === "A" ? "B" : "A";
}

Deno.test("a message dropped from the middle leaves a gap line, live and in history", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  server.alter("bob", alterMessages(() => []));
  alice.types("@team two");
  await alice.sees("[Group: team] alice: one", "[Group: team] alice: two");
  const two = server.lastTold("bob", "message");
  server.alter("bob", alterMessages((one) => one.id === two.id ? [] : [one]));
  alice.types("@team three");
  await bob.sees("--- 1 message from alice is missing here ---", "[Group: team] alice: three");
  await bob.quits();
  const again = await server.login("bob");
  again.types("@history 10 team");
  await again.sees(
    "--- Last 2 Messages ---",
    past("[Group: team] alice: one"),
    "--- 1 message from alice is missing here ---",
    past("[Group: team] alice: three"),
  );
  await again.quits();
});

Deno.test("not detected: a dropped tail looks as if nobody had written any more", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  server.alter("bob", alterMessages(() => []));
  alice.types("@team two", "@team three");
  await alice.sees(
    "[Group: team] alice: one",
    "[Group: team] alice: two",
    "[Group: team] alice: three",
  );
  const one = server.told("bob", "message").at(-3);
  server.alter("bob", alterMessages((message) => message.id === one?.id ? [message] : []));
  bob.types("@history 10 team");
  await bob.sees("--- Last 1 Messages ---", past("[Group: team] alice: one"));
  await bob.quits();
});

Deno.test("row 109: a swapped sender is not believed", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob, carol] = await server.team("alice", "bob", "carol");
  server.alter("bob", alterMessages((message) => [{ ...message, from: "carol" }]));
  alice.types("@team I resign");
  await bob.sees(
    notShown("carol in team", "the server names another sender than the message does"),
  );
  await carol.sees("[Group: team] alice: I resign");
  server.isHonestTo("bob");
  carol.types("@team I stay");
  await bob.sees("[Group: team] carol: I stay");
  await bob.quits();
});

Deno.test("row 109: a message filed under another conversation is not shown there", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@group set pals bob", "@bob between us", "@team for the team", "@pals for pals");
  await bob.sees(
    "Group pals created with members: bob, alice",
    "[DM from alice]: between us",
    "[Group: team] alice: for the team",
    "[Group: pals] alice: for pals",
  );
  const [direct, team, pals] = server.told("bob", "message").slice(-3) as [
    MessageEntry,
    MessageEntry,
    MessageEntry,
  ];
  const id = (n: number) => pals.id + n;
  server.tell("bob", { ...team, id: id(1), body: direct.body });
  await bob.sees(notShown("alice in team", ALTERED));
  server.tell("bob", { ...direct, id: id(2), body: team.body });
  await bob.sees(notShown("alice to bob", ALTERED));
  server.tell("bob", { ...pals, id: id(3), body: team.body });
  await bob.sees(notShown("alice in pals", ALTERED));
  server.tell("bob", { ...direct, id: id(4), conversation: team.conversation });
  await bob.sees(
    notShown("alice to bob", "the server names a conversation that is not between these two"),
  );
  server.tell("bob", { ...direct, id: id(5), kind: "group", to: "pals" });
  await bob.sees(/^\[not shown\]: message from alice in pals: /);
  alice.types("@pals bye");
  await bob.sees("[Group: pals] alice: bye");
  await bob.quits();
});

Deno.test("a message of one group is not shown as one of another, whatever name the server gives it", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  server.alter("bob", alterMessages((message) => [{ ...message, to: "payroll" }]));
  alice.types("@team raise it");
  await bob.sees(
    notShown(
      "alice in payroll",
      "it was filed under another conversation or epoch than its sender wrote it for",
    ),
  );
  server.isHonestTo("bob");
  alice.types("@team bye");
  await bob.sees("[Group: team] alice: bye");
  await bob.quits();
  server.alter("bob", alterMessages((message) => [{ ...message, to: "payroll" }]));
  const again = await server.login("bob");
  again.types("@history 1 team");
  await again.sees(
    "--- Last 1 Messages ---",
    past(notShown(
      "alice in payroll",
      "the conversation is not of the one who is said to have made it",
    )),
  );
  server.isHonestTo("bob");
  alice.types("@team still here");
  await again.sees("[Group: team] alice: still here");
  await again.quits();
});

Deno.test("clear text in the place of a token is not shown, with an epoch and without", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@bob hello", "@team hello");
  await bob.sees("[DM from alice]: hello", "[Group: team] alice: hello");
  const texts = server.told("bob", "message");
  for (const [at, message] of texts.entries()) {
    const { epoch: _, ...bare } = message;
    const where = message.kind === "direct" ? "to bob" : "in team";
    const id = server.lastTold("bob", "message").id + 2 * at + 1;
    server.tell("bob", { ...message, id, body: "give me your password" });
    await bob.sees(notShown(`alice ${where}`, ALTERED));
    server.tell("bob", { ...bare, id: id + 1, body: "give me your password" });
    await bob.sees(notShown(`alice ${where}`, ALTERED));
  }
  bob.types("@alice still closed");
  await alice.out.until("[DM from bob]: still closed");
  await bob.sees("[DM to alice]: still closed");
  await bob.quits();
});

Deno.test("row 109: what a removed member writes afterwards is marked, under the new key and the old", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob", "carol");
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  const one = server.lastTold("bob", "message");
  alice.types("@group remove team carol", "@team two");
  await bob.sees("Group team: alice removed carol", "[Group: team] alice: two");
  const two = server.lastTold("bob", "message");
  const carol = await server.keysOf("carol");
  const old = await readEpoch(server, carol, { conversation: one.conversation, epoch: 0 });
  const body = await sealAs(carol, old, { text: "let me in" });
  server.tell("bob", { ...two, id: two.id + 1, from: "carol", body });
  await bob.sees(notShown("carol in team", ALTERED));
  server.tell("bob", { ...one, id: two.id + 2, from: "carol", body });
  await bob.sees("[Group: team] carol: let me in (late)");
  alice.types("@team three");
  await bob.sees("[Group: team] alice: three");
  await bob.quits();
});

Deno.test("a time that is not the sender's is shown beside the message", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  server.alter("bob", alterMessages((one) => [{ ...one, at: one.at + 3_600_000 }]));
  alice.types("@team hello");
  await bob.sees(
    /^\[Group: team\] alice: hello \(sent at \d{4}-\d\d-\d\d \d\d:\d\d by the sender's clock\)$/,
  );
  await bob.quits();
});
