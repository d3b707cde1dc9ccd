import { match, ok, strictEqual } from "node:assert/strict";
import type { Face } from "../../client/face.ts";
import { JsonFace, streamPort } from "../../client/json_face.ts";
import type { Conversation } from "../../client/shown.ts";
import { PlainFace } from "../../client/plain_face.ts";
import { TerminalFace } from "../../client/terminal/terminal_face.ts";
import { everyShown, ME } from "./hostile_shown.ts";
import {
  CLASSES,
  faultOf,
  foundRaw,
  HOSTILE_TEXTS,
  steeringOf,
  withoutOwn,
} from "./hostile_texts.ts";
import { RecordedStreams } from "./recorded_streams.ts";

const pure = { permissions: "none" } as const;

const TERMINAL = { interrupted: () => {}, now: () => 1_795_000_000_000, hasLooks: true };

/** Each face that writes for people, on streams that are written down. */
const FACES = {
  plain: {
    open: (streams: RecordedStreams): Face => new PlainFace(streams),
    own: (raw: string) => raw,
  },
  terminal: {
    open: (streams: RecordedStreams): Face => new TerminalFace(streams, TERMINAL),
    own: withoutOwn,
  },
} as const;

/** Shows a face everything that it can be shown, made hostile by a text. */
async function showAll(face: Face, text: string): Promise<void> {
  for (const shown of everyShown(text)) await face.show(shown);
  // Its line breaks are the client's own; `displayLine` has escaped all others (display.ts).
  await face.notice(text.replaceAll("\n", ""));
  const conversations = ["group", "user"].map((kind) => ({ kind, name: text } as Conversation));
  for (const conversation of conversations) face.current(conversation);
  const pending = [
    { id: "1", to: text, body: text, at: 0 },
    {
      id: "2",
      to: text,
      kind: "group",
      body: text,
      at: 0,
    } as const,
  ];
  const unread = conversations.map((conversation) => ({ conversation, count: 2, mentions: 1 }));
  for (const connection of [{ state: "on" }, { state: "off", nextTryAt: null }] as const) {
    face.status?.({ connection, pending, unread });
    // Each is drawn.
    await face.notice("next");
  }
}

for (const [name, { open, own }] of Object.entries(FACES)) {
  Deno.test(`the ${name} face writes no hostile text as it came`, pure, async (t) => {
    for (const [what, members] of Object.entries(CLASSES)) {
      await t.step(what, async () => {
        for (const member of members) {
          const text = `q${member}z`;
          const streams = new RecordedStreams(true);
          const face = open(streams);
          face.loggedIn(ME);
          const line = face.line();
          await showAll(face, text);
          streams.types(null);
          await line;
          await face.close();
          strictEqual(foundRaw(streams.raw), null, JSON.stringify(text));
          strictEqual(faultOf(own(streams.raw)), null, JSON.stringify([text, streams.raw]));
          ok(streams.raw.includes("Goodbye!"));
        }
      });
    }
  });
}

Deno.test(
  "the JSON face writes lines of printable ASCII, which say the texts to the letter",
  pure,
  async () => {
    for (const text of HOSTILE_TEXTS) {
      const streams = new RecordedStreams(false);
      const face = new JsonFace(streamPort(streams));
      face.loggedIn(ME);
      await showAll(face, text);
      await face.close();
      const { out, err } = streams.written;
      match(out, /^(\{[\x20-\x7e]*\}\n)+$/);
      const events = out.trimEnd().split("\n").map((line): unknown => JSON.parse(line));
      const said = events.filter((event) =>
        typeof event === "object" && event !== null && "body" in event && event.body === text
      );
      strictEqual(said.length, 14, out);
      strictEqual(foundRaw(err), null);
      strictEqual(faultOf(err), null);
    }
  },
);

/** What ends, interrupts or steers a line that is typed. */
const KEYS = ["\n", "\r", "\x03", "\x04", "\x1a", "\x1b"];

Deno.test("what is typed or pasted is shown without what steers, too", pure, async () => {
  const { open, own } = FACES.terminal;
  for (const text of HOSTILE_TEXTS.filter((text) => !KEYS.some((key) => text.includes(key)))) {
    const streams = new RecordedStreams(true);
    const face = open(streams);
    const answer = face.ask("Trust it? ");
    streams.types(`${text}\r`);
    await answer;
    await face.close();
    strictEqual(steeringOf(own(streams.raw)), null, JSON.stringify([text, streams.raw]));
  }
});

Deno.test("the test itself: what would be hostile is seen", pure, () => {
  for (const text of HOSTILE_TEXTS) {
    const isHarmless = /^q(?:a שלום b|שלום|مرحبا|\u{1e900})z$/u.test(text);
    ok(faultOf(text) !== null || foundRaw(text) !== null || isHarmless, JSON.stringify(text));
  }
  ok(foundRaw("hi \x1b]0;owned\x07") === null);
});
