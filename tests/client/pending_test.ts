import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { Account } from "../../client/account.ts";
import { askAboutOld } from "../../client/old_messages.ts";
import { PendingFile } from "../../client/pending_file.ts";
import { pendingFolder } from "../../client/pending_folder.ts";
import { PendingJournal } from "../../client/pending_journal.ts";
import { isOld, type PendingMessage } from "../../client/pending_message.ts";
import { adoptFormer, openPending } from "../../client/pending_place.ts";
import { pendingKey, readRecords, sealRecord } from "../../client/pending_record.ts";
import { FakeFace } from "./fake_face.ts";

const DAY = 86_400_000;
const NOW = new Date(2026, 10, 22, 18, 3).getTime();
const root = new Uint8Array(32).fill(4);

function message(id: string, fields: Partial<PendingMessage> = {}): PendingMessage {
  return { id, to: "alice", body: `text of ${id}`, at: NOW, ...fields };
}

/** A data folder, and what its user was told. */
class Desk implements AsyncDisposable {
  readonly notices: string[] = [];

  private constructor(readonly data: string, readonly folder: string) {}

  static async open(): Promise<Desk> {
    const data = await Deno.makeTempDir();
    return new Desk(data, await pendingFolder(data, { realm: new Uint8Array(16), user: "bob" }));
  }

  async journal(key = root): Promise<PendingJournal> {
    return new PendingJournal({
      place: { folder: this.folder, key: await pendingKey(key) },
      notice: (text) => Promise.resolve(void this.notices.push(text)),
    });
  }

  /** A session that keeps messages and is killed. */
  async killed(...messages: readonly PendingMessage[]): Promise<void> {
    await using journal = await this.journal();
    for (const one of messages) journal.keep(one);
    await journal.stored();
  }

  async names(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name);
  }

  async adopted(): Promise<string[]> {
    await using journal = await this.journal();
    const messages = await journal.adopt();
    for (const { id } of messages) journal.settle(id);
    return messages.map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.data, { recursive: true });
  }
}

Deno.test("what a session could not send is found by the next one, once", async () => {
  await using desk = await Desk.open();
  await desk.killed(
    message("a"),
    message("b", { kind: "group", to: "team", body: "zwei\n\u{1f600}" }),
  );
  await using journal = await desk.journal();
  deepStrictEqual(await journal.adopt(), [
    message("a"),
    message("b", { kind: "group", to: "team", body: "zwei\n\u{1f600}" }),
  ]);
  await using other = await desk.journal();
  deepStrictEqual(await other.adopt(), []);
  deepStrictEqual([journal.kept, other.kept, desk.notices], [2, 0, []]);
});

Deno.test("nobody else can read it: neither the text nor the file", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("a", { body: "a secret" }));
  const [name = ""] = await desk.names();
  const path = join(desk.folder, name);
  strictEqual((await Deno.readTextFile(path)).includes("secret"), false);
  strictEqual(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  strictEqual(((await Deno.stat(desk.folder)).mode ?? 0) & 0o777, 0o700);
  strictEqual(desk.folder.includes("bob"), false);
});

Deno.test("what was acknowledged or refused is gone, and nothing is left behind", async () => {
  await using desk = await Desk.open();
  {
    await using journal = await desk.journal();
    journal.keep(message("a"));
    journal.keep(message("b"));
    journal.settle("a");
    journal.settle("unknown");
    strictEqual(journal.kept, 1);
  }
  deepStrictEqual(await desk.adopted(), ["b"]);
  await rejects(Deno.stat(desk.folder), Deno.errors.NotFound);
});

Deno.test("a session that nothing was typed in leaves no trace", async () => {
  await using desk = await Desk.open();
  deepStrictEqual(await desk.adopted(), []);
  deepStrictEqual(await Array.fromAsync(Deno.readDir(desk.data)), []);
});

Deno.test("the file of a session that lives is left alone", async () => {
  await using desk = await Desk.open();
  await using journal = await desk.journal();
  journal.keep(message("a"));
  await journal.stored();
  deepStrictEqual(await desk.adopted(), []);
  strictEqual((await desk.names()).length, 1);
});

Deno.test("several sessions that are gone are taken over in the order of typing", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("c", { at: NOW + 3 }), message("d", { at: NOW + 4 }));
  const both = await desk.journal();
  both.keep(message("a", { at: NOW + 1 }));
  both.keep(message("c", { at: NOW + 3 }));
  await both[Symbol.asyncDispose]();
  deepStrictEqual(await desk.adopted(), ["a", "c", "d"]);
});

Deno.test("a clock that was set back changes no order within a session", async () => {
  await using desk = await Desk.open();
  const clocks = [["c", 5], ["d", 9], ["e", -7], ["f", 6]] as const;
  await desk.killed(...clocks.map(([id, at]) => message(id, { at: NOW + at })));
  await desk.killed(message("a", { at: NOW + 2 }), message("b", { at: NOW + 8 }));
  deepStrictEqual(await desk.adopted(), ["a", "b", "c", "d", "e", "f"]);
});

Deno.test("of two sessions that start at once one gets the messages", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("a"));
  const lists = await Promise.all(Array.from({ length: 5 }, () => desk.adopted()));
  deepStrictEqual(lists.flat(), ["a"]);
});

Deno.test("a file may be cut anywhere: what was complete is there, and nobody is alarmed", async () => {
  const key = await pendingKey(root);
  const lines = [
    await sealRecord(key, { keep: message("a") }),
    await sealRecord(key, { keep: message("b") }),
    await sealRecord(key, { settled: "a" }),
  ];
  const text = lines.join("");
  const expected = [[], ["a"], ["a", "b"], ["b"]];
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), async (cut) => {
      const { messages, damaged } = await readRecords(key, text.slice(0, cut));
      // A line counts from its last character on, with or without its line feed.
      const ends = lines.map((_, at) => lines.slice(0, at + 1).join("").length - 1);
      const complete = ends.filter((end) => cut >= end).length;
      deepStrictEqual([[...messages.keys()], damaged], [expected[complete], 0]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a line that is kept again replaces the former one in its place", async () => {
  const key = await pendingKey(root);
  const records = [
    { keep: message("a") },
    { keep: message("b") },
    { keep: message("a", { to: "x" }) },
  ];
  const lines = await Promise.all(records.map((one) => sealRecord(key, one)));
  const { messages } = await readRecords(key, lines.join(""));
  deepStrictEqual([...messages.values()].map(({ id, to }) => `${id} ${to}`), ["a x", "b alice"]);
});

Deno.test("what cannot be read is put aside with one line, and the rest is used", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("a"), message("b"));
  const [name = ""] = await desk.names();
  const path = join(desk.folder, name);
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, `${text.slice(0, 30)}!${text.slice(31)}`);
  deepStrictEqual(await desk.adopted(), ["b"]);
  strictEqual(desk.notices.length, 1);
  match(desk.notices[0] ?? "", /^Some messages of an earlier run cannot be read, .*\.damaged\.$/);
  deepStrictEqual(await desk.names(), [`${name}.damaged`]);
  deepStrictEqual(await desk.adopted(), []);
  strictEqual(desk.notices.length, 1);
});

Deno.test("what another identity of the same name has left is not for this one", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("a"));
  await using journal = await desk.journal(new Uint8Array(32).fill(5));
  // Whether it is a former identity of this account, its state at the server will tell.
  deepStrictEqual([await journal.adopt(), desk.notices], [[], []]);
  const stranger = await pendingKey(new Uint8Array(32).fill(6));
  deepStrictEqual(await journal.adopt([stranger]), []);
  strictEqual(desk.notices.length, 1);
  match(desk.notices[0] ?? "", /^Some messages of an earlier run cannot be read, .*\.damaged\.$/);
});

Deno.test("what a former identity of this account has left is found once its root is known", async () => {
  await using desk = await Desk.open();
  await desk.killed(message("a"), message("b", { to: "lobby" }));
  await using journal = await desk.journal(new Uint8Array(32).fill(5));
  deepStrictEqual(await journal.adopt(), []);
  const messages = await adoptFormer(journal, { roots: [new Uint8Array(32), root], now: NOW });
  deepStrictEqual(messages, [message("a"), message("b", { to: "lobby" })]);
  deepStrictEqual([journal.kept, desk.notices], [2, []]);
  // From now on it is under the keys of this identity.
  deepStrictEqual(await adoptFormer(journal, { roots: [root], now: NOW }), []);
});

Deno.test("a message is found as it was sealed, to the letter: it must not be sealed again", async () => {
  await using desk = await Desk.open();
  const sealed = { conversation: "A".repeat(43), epoch: 7, token: "gAAAAABtoken" };
  await desk.killed(message("a"), message("a", { sealed }));
  await using journal = await desk.journal();
  deepStrictEqual(await journal.adopt(), [message("a", { sealed })]);
  deepStrictEqual(journal.find("a")?.sealed, sealed);
  journal.settle("a");
  strictEqual(journal.find("a"), undefined);
});

Deno.test("where nothing can be written, the user is told once and the chat goes on", async () => {
  await using desk = await Desk.open();
  // A file where the folder should be.
  await Deno.writeTextFile(join(desk.data, "pending"), "");
  await using journal = await desk.journal();
  for (const id of ["a", "b", "c"]) journal.keep(message(id));
  journal.settle("a");
  await journal.stored();
  strictEqual(journal.kept, 0);
  strictEqual(desk.notices.length, 1);
  match(desk.notices[0] ?? "", /^Messages that are not sent yet are kept only while this client /);
});

Deno.test("a file that grows is written anew, with nothing lost", async () => {
  await using desk = await Desk.open();
  {
    await using journal = await desk.journal();
    const body = "x".repeat(4_000);
    journal.keep(message("first", { body, at: NOW - 1 }));
    for (let n = 0; n < 250; n++) {
      journal.keep(message(`${n}`, { body }));
      journal.settle(`${n}`);
    }
    await journal.stored();
    journal.keep(message("last"));
  }
  const [name = "", ...others] = await desk.names();
  deepStrictEqual(others, []);
  ok((await Deno.stat(join(desk.folder, name))).size < 1_048_576);
  deepStrictEqual(await desk.adopted(), ["first", "last"]);
});

Deno.test("a lock on a file that was removed meanwhile is no lock", async () => {
  await using desk = await Desk.open();
  using first = await PendingFile.create(desk.folder);
  strictEqual(await PendingFile.adopt(first.path), null);
  await Deno.remove(first.path);
  strictEqual(await PendingFile.adopt(first.path), null);
});

Deno.test("messages older than six days, or from the future, are not sent without asking", async () => {
  const ages = [[0, false], [6 * DAY, false], [6 * DAY + 1, true], [-DAY, false], [-DAY - 1, true]];
  for (const [age, old] of ages) {
    strictEqual(isOld(message("a", { at: NOW - Number(age) }), NOW), old, String(age));
  }
  await using desk = await Desk.open();
  const account = new Account({
    user: "bob",
    realm: new Uint8Array(16),
    root,
    proof: {
      salt: new Uint8Array(16),
      publicKey: new Uint8Array(32),
      signKey: (await crypto.subtle.generateKey("Ed25519", false, ["sign"]) as CryptoKeyPair)
        .privateKey,
    },
  });
  await desk.killed(message("old", { at: NOW - 7 * DAY }), message("new"));
  const face = new FakeFace("pipe");
  const { fresh, old, journal } = await openPending({ account, data: desk.data, face, now: NOW });
  await using _journal = journal;
  deepStrictEqual([fresh.map(({ id }) => id), old.map(({ id }) => id)], [["new"], ["old"]]);
  deepStrictEqual(face.notices, ["Sending 1 message of an earlier run."]);
});

Deno.test("a person decides on each old message, a pipe keeps them", async () => {
  const old = ["a", "b", "c"].map((id) => message(id));
  const person = new FakeFace("person", ["y", "d", ""]);
  deepStrictEqual(await askAboutOld(person, old), {
    send: [message("a")],
    forget: [message("b")],
    hasLeft: false,
  });
  match(
    person.questions[0] ?? "",
    /^Typed 2026-11-22 18:03 for alice .*"text of a"\. Send it now\?/,
  );
  const leaver = new FakeFace("person", ["y", null]);
  strictEqual((await askAboutOld(leaver, old)).hasLeft, true);
  const pipe = new FakeFace("pipe");
  deepStrictEqual((await askAboutOld(pipe, old)).send, []);
  match(pipe.notices[0] ?? "", /^3 messages are more than six days old and kept\. /);
});
