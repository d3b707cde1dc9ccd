import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { parseLine } from "../../client/input.ts";
import {
  DEFAULT_SETTINGS,
  findSetting,
  readSetting,
  SETTING_NAMES,
  settingLine,
  SETTINGS,
  settingsInMemory,
} from "../../client/settings.ts";
import { readRecord, settingsOf, writeRecord } from "../../client/settings_record.ts";
import { says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;

Deno.test("@set shows all settings with their values, and how to change one", none, () => {
  deepStrictEqual(new Scene().start().types("@set").lines, [
    "bell mention: for which messages the terminal rings (off, dm, mention, all)",
    "colours on: a colour for each person (on, off)",
    "time HH:MM: before each message (HH:MM, HH:MM:SS, off)",
    "joins on: lines about who comes and goes (on, off)",
    "hints on: what a command takes, above the input (on, off)",
    "To change one: @set NAME VALUE",
  ]);
});

Deno.test("@set NAME VALUE changes one and shows it; @set NAME shows it", none, () => {
  const settings = settingsInMemory();
  const scene = new Scene({ settings }).start().types("@set bell all", "@set time");
  deepStrictEqual(settings.current, { ...DEFAULT_SETTINGS, bell: "all" });
  deepStrictEqual(scene.lines, [
    settingLine("bell", settings.current),
    settingLine("time", settings.current),
  ]);
});

Deno.test(
  "an unknown value is refused with those that there are, and nothing changes",
  none,
  () => {
    const settings = settingsInMemory();
    const scene = new Scene({ settings }).start()
      .types("@set bell loud", "@set bel all", "@set xyz on", "@set bell all now");
    deepStrictEqual(scene.lines, [
      "ERROR: bell can be off, dm, mention or all. Example: @set bell off",
      "ERROR: There is no setting bel, only bell, colours, time, joins, hints. Did you mean bell?",
      "ERROR: There is no setting xyz, only bell, colours, time, joins, hints.",
      "Usage: @set [NAME VALUE]",
    ]);
    deepStrictEqual(settings.current, DEFAULT_SETTINGS);
  },
);

Deno.test("names and values may be typed in any case, and colours spelt either way", none, () => {
  const read = (line: string) => {
    const action = parseLine(line);
    return action.type === "set" ? action.change : action.type;
  };
  deepStrictEqual(read("@set TIME hh:mm:ss"), { time: "HH:MM:SS" });
  deepStrictEqual(read("@set colors OFF"), { colours: "off" });
  strictEqual(findSetting("toString"), null);
});

Deno.test("every value of every setting is understood, and nothing else", none, () => {
  for (const name of SETTING_NAMES) {
    for (const value of SETTINGS[name].values) {
      deepStrictEqual(readSetting(name, value), {
        type: "chosen",
        name,
        change: { [name]: value },
      });
    }
    strictEqual(readSetting(name, "").type, "refused");
    ok(SETTINGS[name].values.some((value) => value === DEFAULT_SETTINGS[name]));
  }
});

Deno.test("with joins off nobody comes or goes", none, () => {
  const scene = new Scene().start().hears({ t: "joined", user: "al" }).types("@set joins off")
    .hears({ t: "left", user: "al" }, says("al", "hi", { id: 7 }));
  strictEqual(scene.lines.includes("* al has left the chat *"), false);
  deepStrictEqual(
    scene.types("@set joins on").hears({ t: "left", user: "al" }).lines.at(-1),
    "* al has left the chat *",
  );
});

const record = fc.record({
  bell: fc.constantFrom(...SETTINGS.bell.values),
  colours: fc.constantFrom(...SETTINGS.colours.values),
  time: fc.constantFrom(...SETTINGS.time.values),
  joins: fc.constantFrom(...SETTINGS.joins.values),
  hints: fc.constantFrom(...SETTINGS.hints.values),
  ignored: fc.dictionary(fc.base64String(), fc.array(fc.constantFrom("dave", "x.y-z", "a1"))),
}, { requiredKeys: [] });

Deno.test("what is written is read again, with all that this version does not know", none, () => {
  fc.assert(fc.property(record, fc.string(), (known, later) => {
    const all = { ...known, fromALaterVersion: { later } };
    const read = readRecord(writeRecord(all));
    ok(read.type === "record");
    deepStrictEqual(JSON.parse(writeRecord(read.record)), JSON.parse(writeRecord(all)));
    deepStrictEqual(settingsOf(read.record), { ...DEFAULT_SETTINGS, ...settingsOf(all) });
  }));
});

Deno.test("any text is a record or broken, never anything else", none, () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  fc.assert(fc.property(text, (content) => {
    const read = readRecord(content);
    if (read.type === "record") ok(SETTING_NAMES.every((name) => name in settingsOf(read.record)));
    else ok(/^it (is|does) not /.test(read.reason));
  }));
});

Deno.test("a value that is none, or a name that is none, makes the file broken", none, () => {
  const broken = [
    '{"bell":"loud"}',
    '{"time":7}',
    '{"ignored":{"r":["a b"]}}',
    '{"ignored":{"r":["x\\u001b[2J"]}}',
    '{"ignored":["dave"]}',
    '{"ignored":[]}',
    "[]",
    "7",
    "",
  ];
  for (const text of broken) strictEqual(readRecord(text).type, "broken", text);
  deepStrictEqual(readRecord('{"bell":"loud"}'), {
    type: "broken",
    reason: 'it does not hold settings at "bell"',
  });
});
