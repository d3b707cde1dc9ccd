import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { ClientError } from "../../client/client_error.ts";
import { formatKnownHost, lookUp, parseKnownHost } from "../../client/known_hosts.ts";
import { KnownHostsFile } from "../../client/known_hosts_file.ts";
import { checkPin, type PinOptions } from "../../client/pin.ts";

const none = { permissions: "none" } as const;
const realm = new Uint8Array(16).fill(1);
const seen = { fingerprint: `ftc1:${"a".repeat(42)}A`, realm };
const other = { fingerprint: `ftc1:${"b".repeat(42)}A`, realm };
const server = { host: "127.0.0.1", port: 9999 };
const known = {
  ...server,
  fingerprint: seen.fingerprint,
  realm: encodeBase64Url(realm),
  since: "2026-11-22",
};
const line = formatKnownHost(known);

/** A file in a folder that is removed afterwards, and what the user was told and asked. */
class Desk implements AsyncDisposable {
  readonly notices: string[] = [];
  readonly questions: string[] = [];
  answer = false;

  private constructor(readonly folder: string, readonly file: KnownHostsFile) {}

  static async open(content?: string): Promise<Desk> {
    const folder = await Deno.makeTempDir();
    const file = new KnownHostsFile(join(folder, "fernchat", "known_hosts"));
    const desk = new Desk(folder, file);
    if (content !== undefined) {
      await Deno.mkdir(join(folder, "fernchat"));
      await Deno.writeTextFile(file.path, content, { mode: 0o600 });
    }
    return desk;
  }

  check(server_ = seen, options: Partial<PinOptions> = {}): Promise<void> {
    return checkPin(server_, {
      ...server,
      file: this.file,
      unknown: "pin",
      today: "2026-11-22",
      notice: (text) => Promise.resolve(void this.notices.push(text)),
      confirm: (question) => Promise.resolve(this.questions.push(question) > 0 && this.answer),
      ...options,
    });
  }

  async refuses(text: RegExp, ...args: Parameters<Desk["check"]>): Promise<void> {
    await rejects(this.check(...args), (error) => {
      ok(error instanceof ClientError);
      match(error.message, text);
      return true;
    });
  }

  content(): Promise<string> {
    return Deno.readTextFile(this.file.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("a line that is written is read as what it was", none, () => {
  const hosts = fc.record({
    host: fc.constantFrom("::1", "chat.example.org", "10.0.0.1"),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(fc.property(hosts, (name) => {
    const host = { ...known, ...name };
    deepStrictEqual(parseKnownHost(formatKnownHost(host).trimEnd()), host);
  }));
});

Deno.test("anything else is a damaged line", none, () => {
  const fields = line.trimEnd().split(" ");
  const wrong = [
    fields.slice(0, 4).join(" "),
    [...fields, "more"].join(" "),
    line.trimEnd().replace("9999", "99999"),
    line.trimEnd().replace("ftc1:", "ftc2:"),
    line.trimEnd().replaceAll(" ", "\t"),
    "# comment",
  ];
  for (const text of wrong) strictEqual(parseKnownHost(text), null, text);
});

Deno.test("a server is found by host and port together", none, () => {
  deepStrictEqual(lookUp(`\n${line}`, server), { type: "known", host: known, line: 2 });
  deepStrictEqual(lookUp(line, { ...server, port: 999 }), { type: "unknown" });
  deepStrictEqual(lookUp("", server), { type: "unknown" });
});

Deno.test("a server that is not known is remembered, in a file of the user alone", async () => {
  await using desk = await Desk.open();
  await desk.check();
  strictEqual(await desk.content(), line);
  if (Deno.build.os !== "windows") {
    strictEqual(((await Deno.stat(desk.file.path)).mode ?? 0) & 0o777, 0o600);
  }
  match(
    desk.notices.join(),
    /^127\.0\.0\.1 port 9999 is not known yet\. Its fingerprint is ftc1:a/,
  );
  deepStrictEqual([...Deno.readDirSync(join(desk.folder, "fernchat"))].length, 1);
});

Deno.test("the same server is welcome again, without a word", async () => {
  await using desk = await Desk.open(line);
  await desk.check();
  deepStrictEqual([desk.notices, await desk.content()], [[], line]);
});

Deno.test("another identity is refused with both fingerprints and the line to look at", async () => {
  await using desk = await Desk.open(`\n${line}`);
  await desk.refuses(
    /^THE SERVER'S IDENTITY HAS CHANGED\. Expected ftc1:a.*, got ftc1:b.*line 2 from/,
    other,
  );
  strictEqual(await desk.content(), `\n${line}`);
});

Deno.test("--fingerprint wins over the file and does not write it", async () => {
  await using desk = await Desk.open(line);
  await desk.check(other, { fingerprint: other.fingerprint });
  await desk.refuses(/IDENTITY HAS CHANGED/, seen, { fingerprint: other.fingerprint });
  deepStrictEqual([desk.notices, await desk.content()], [[], line]);
});

Deno.test("--strict asks before it trusts, and no is the default", async () => {
  await using desk = await Desk.open();
  await desk.refuses(/^Not connected: .* is not known yet/, seen, { unknown: "ask" });
  desk.answer = true;
  await desk.check(seen, { unknown: "ask" });
  strictEqual(await desk.content(), line);
});

Deno.test("another database behind the same key is a warning and a question", async () => {
  await using desk = await Desk.open(line);
  const changed = { ...seen, realm: new Uint8Array(16).fill(2) };
  await desk.refuses(/another database than before/, changed);
  match(desk.notices.join(), /^WARNING: /);
  strictEqual(await desk.content(), line);
  desk.answer = true;
  await desk.check(changed);
  strictEqual((await desk.file.lookUp(server)).type, "known");
  strictEqual((await desk.content()).includes(encodeBase64Url(changed.realm)), true);
});

Deno.test("row 103: two lines for one server are not believed", async () => {
  await using desk = await Desk.open(line + line.replace("ftc1:a", "ftc1:b"));
  await desk.refuses(/lines 1, 2 of .* speak of the same server/);
});

Deno.test("row 103: a damaged line could be this server's, so a new one is not trusted", async () => {
  await using desk = await Desk.open("127.0.0.1 9999 ftc1:cut\n");
  await desk.refuses(/line 1 of .* cannot be read/);
  await using foreign = await Desk.open(`rubbish\n${line}`);
  await foreign.check();
});

Deno.test("--forget drops this server, damaged and doubled lines too, and leaves the others", async () => {
  const foreign = line.replace("9999", "99");
  await using desk = await Desk.open(`${line}127.0.0.1 9999 ftc1:cut\n${foreign}${line}`);
  strictEqual(await desk.file.forget(server), true);
  strictEqual(await desk.content(), foreign);
  strictEqual(await desk.file.forget(server), false);
});

Deno.test({
  name: "row 103: a file that is a link, or that others may write to, is not believed",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using desk = await Desk.open(line);
    await Deno.chmod(desk.file.path, 0o622);
    await desk.refuses(/others may write to it/);
    await Deno.rename(desk.file.path, `${desk.file.path}.real`);
    await Deno.symlink(`${desk.file.path}.real`, desk.file.path);
    await desk.refuses(/symbolic link/);
  },
});

Deno.test("row 103: what cannot be remembered is said, and the session goes on", async () => {
  await using desk = await Desk.open();
  // A link to nowhere: nothing to read below it, and no folder can be made of it.
  await Deno.symlink(join(desk.folder, "nowhere"), join(desk.folder, "fernchat"));
  await desk.check();
  await desk.check(seen, { file: null });
  strictEqual(desk.notices.length, 2);
  for (const notice of desk.notices) match(notice, /ftc1:a.*, which cannot be remembered/);
});
