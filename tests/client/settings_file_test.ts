import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_SETTINGS, type Settings } from "../../client/settings.ts";
import { SettingsBook } from "../../client/settings_book.ts";
import { SettingsFile, SettingsTrouble } from "../../client/settings_file.ts";

/** A folder of its own, and what is said and changed there. */
class Place implements AsyncDisposable {
  readonly path: string;
  readonly said: string[] = [];
  readonly changed: Settings[] = [];

  private constructor(readonly folder: string) {
    this.path = join(folder, "fernchat", "settings.json");
  }

  static async make(content?: string): Promise<Place> {
    const place = new Place(await Deno.makeTempDir());
    if (content === undefined) return place;
    await Deno.mkdir(join(place.folder, "fernchat"));
    await Deno.writeTextFile(place.path, content);
    return place;
  }

  async open(): Promise<SettingsBook> {
    return await SettingsBook.open({
      file: new SettingsFile(this.path),
      tell: (text) => this.said.push(text),
      changed: (settings) => this.changed.push(settings),
    });
  }

  async content(): Promise<unknown> {
    return JSON.parse(await Deno.readTextFile(this.path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("without a file everything is set as at first, and none is made", async () => {
  await using place = await Place.make();
  const book = await place.open();
  deepStrictEqual([book.current, place.said], [DEFAULT_SETTINGS, []]);
  await rejects(Deno.stat(place.path), Deno.errors.NotFound);
});

Deno.test("what is set holds at once, is told, and is there at the next start", async () => {
  await using place = await Place.make();
  const book = await place.open();
  book.at("realm").change({ bell: "all" });
  strictEqual(book.current.bell, "all");
  deepStrictEqual(place.changed, [{ ...DEFAULT_SETTINGS, bell: "all" }]);
  await book.kept;
  strictEqual((await place.open()).current.bell, "all");
  deepStrictEqual(await place.content(), { bell: "all" });
});

Deno.test("people are ignored on one server, and heeded again", async () => {
  await using place = await Place.make();
  const book = await place.open();
  book.at("realm1").ignore("dave");
  book.at("realm1").ignore("erin");
  book.at("realm1").heed("dave");
  await book.kept;
  const next = await place.open();
  deepStrictEqual([...next.at("realm1").ignored], ["erin"]);
  deepStrictEqual([...next.at("realm2").ignored], []);
  deepStrictEqual([...next.at("__proto__").ignored, ...next.at("toString").ignored], []);
});

Deno.test("two clients that change different things keep both", async () => {
  await using place = await Place.make();
  const [one, other] = [await place.open(), await place.open()];
  one.at("realm").change({ bell: "off" });
  one.at("realm").ignore("dave");
  await one.kept;
  other.at("realm").change({ joins: "off" });
  other.at("realm").ignore("erin");
  await other.kept;
  deepStrictEqual(await place.content(), {
    bell: "off",
    joins: "off",
    ignored: { realm: ["dave", "erin"] },
  });
});

Deno.test("many changes at once are all kept, in their order", async () => {
  await using place = await Place.make();
  const book = await place.open();
  const settings = book.at("realm");
  for (let n = 0; n < 20; n++) settings.ignore(`u${n}`);
  for (const bell of ["off", "dm", "all"] as const) settings.change({ bell });
  await book.kept;
  const next = await place.open();
  strictEqual(next.at("realm").ignored.size, 20);
  strictEqual(next.current.bell, "all");
});

Deno.test("a broken file is said once, is not overwritten, and what is set holds for the run", async () => {
  for (const broken of ["not JSON", '{"bell":"loud"}']) {
    await using place = await Place.make(broken);
    const book = await place.open();
    strictEqual(place.said.length, 1);
    match(place.said[0] ?? "", /^Cannot use .*settings\.json: it .*Repair or delete it\./);
    book.at("realm").change({ bell: "off" });
    await book.kept;
    strictEqual(book.current.bell, "off");
    strictEqual(await Deno.readTextFile(place.path), broken);
    strictEqual(place.said.length, 2);
    match(place.said[1] ?? "", /holds until the end of this run\.$/);
    // Repaired meanwhile: kept from then on.
    await Deno.writeTextFile(place.path, "{}");
    book.at("realm").change({ joins: "off" });
    await book.kept;
    deepStrictEqual([await place.content(), place.said.length], [{ joins: "off" }, 2]);
  }
});

Deno.test("what a later version has written stays", async () => {
  await using place = await Place.make('{"bell":"dm","later":{"x":[1]}}');
  const book = await place.open();
  book.at("realm").change({ hints: "off" });
  await book.kept;
  deepStrictEqual(await place.content(), { bell: "dm", later: { x: [1] }, hints: "off" });
});

Deno.test("the file is the owner's alone, and nothing else is left in the folder", async () => {
  await using place = await Place.make();
  const book = await place.open();
  book.at("realm").change({ bell: "off" });
  await book.kept;
  if (Deno.build.os !== "windows") {
    strictEqual(((await Deno.stat(place.path)).mode ?? 0) & 0o777, 0o600);
  }
  const names = (await Array.fromAsync(Deno.readDir(join(place.folder, "fernchat"))))
    .map(({ name }) => name);
  deepStrictEqual(names, ["settings.json"]);
});

Deno.test("a symbolic link stays one", async () => {
  await using place = await Place.make();
  const real = join(place.folder, "dotfiles.json");
  await Deno.writeTextFile(real, "{}");
  await Deno.mkdir(join(place.folder, "fernchat"));
  await Deno.symlink(real, place.path);
  const book = await place.open();
  book.at("realm").change({ bell: "off" });
  await book.kept;
  ok((await Deno.lstat(place.path)).isSymlink);
  deepStrictEqual(JSON.parse(await Deno.readTextFile(real)), { bell: "off" });
});

Deno.test("what is no file, is too long or cannot be written is trouble with a reason", async () => {
  await using place = await Place.make();
  await rejects(new SettingsFile(place.folder).read(), /it is no file\. Repair or delete it\.$/);
  const long = join(place.folder, "long");
  await Deno.writeTextFile(long, " ".repeat(1_048_577));
  await rejects(new SettingsFile(long).read(), /it is too long/);
  // Its folder is a file.
  const below = new SettingsFile(join(long, "settings.json"));
  await rejects(below.change((record) => record), SettingsTrouble);
});

Deno.test("without a place everything can be set for the run", async () => {
  const said: string[] = [];
  const book = await SettingsBook.open({
    file: null,
    tell: (text) => said.push(text),
    changed: () => {},
  });
  book.at("realm").change({ bell: "off" });
  await book.kept;
  deepStrictEqual([book.current.bell, said], ["off", []]);
});
