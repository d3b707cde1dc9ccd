import { rejects, strictEqual } from "node:assert/strict";
import { ALERT, alertLine, answerHello } from "../../cipher/handshake.ts";
import { LineReader } from "../../transport/line_reader.ts";
import { openClientLink } from "../../transport/client_link.ts";
import { duplexPair } from "../testing/duplex.ts";
import { testIdentity } from "../testing/links.ts";
import { fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;
const identity = await testIdentity();

/** What a server answers to the hello: text, and whether it then closes. */
type Answer = (hello: string) => Promise<string>;

/** A client whose server answers this and closes. */
async function clientOf(answer: Answer, secret?: Uint8Array) {
  const [server, client] = duplexPair();
  const opening = openClientLink(client, secret === undefined ? {} : { secret });
  const failure = rejects(opening, (error) => {
    codes.push(error);
    return true;
  });
  const codes: unknown[] = [];
  const hello = await new LineReader(server, 10_000).next();
  const text = await answer(hello ?? "");
  if (text !== "") await server.write(new TextEncoder().encode(text));
  server.close();
  await failure;
  return { error: codes[0] as { code: string; alert?: number }, client };
}

const genuine = async (hello: string) => (await answerHello(hello, { identity })).lines;

// FTC1 §9 rows 30, 36–38, 51; §3.12.
const ANSWERS: { readonly [what: string]: readonly [string, Answer] } = {
  "closes at once": ["closed_early", () => Promise.resolve("")],
  "closes in the middle of a line": ["closed_early", async (hello) => (await genuine(hello))[0]],
  "speaks HTTP": ["bad_hello", () => Promise.resolve("HTTP/1.1 400 Bad Request\r\n\r\n")],
  "sends back the hello": ["bad_hello", (hello) => Promise.resolve(`${hello}\n`)],
  "never ends a line": ["line_too_long", () => Promise.resolve("A".repeat(1_048_576))],
  "leaves out its proof": ["bad_auth", async (hello) => `${(await genuine(hello))[0]}\n`],
  "sends JSON for its proof": [
    "bad_auth",
    async (hello) => `${(await genuine(hello))[0]}\n{"t":"welcome"}\n`,
  ],
  "sends its first line twice": [
    "bad_auth",
    async (hello) => `${(await genuine(hello))[0]}\n`.repeat(2),
  ],
  "says that it has no common version": [
    "alert",
    async () => `${await alertLine(ALERT.noCommonVersion)}\n`,
  ],
  "sends an unknown alert": ["alert", async () => `${await alertLine(77)}\n`],
};

for (const [what, [code, answer]] of Object.entries(ANSWERS)) {
  Deno.test(`a client refuses a server that ${what}: ${code}`, pure, async () => {
    const { error, client } = await clientOf(answer);
    strictEqual(error.code, code);
    strictEqual(client.closed, true);
  });
}

Deno.test("the code of an alert is told, as a hint", pure, async () => {
  const { error } = await clientOf(async () => `${await alertLine(77)}\n`);
  strictEqual(error.alert, 77);
});

Deno.test("a client with a secret refuses a server without it", pure, async () => {
  const { error } = await clientOf(
    async () => `${await alertLine(ALERT.busy)}\n`,
    new Uint8Array(32).fill(9),
  );
  strictEqual(error.code, "bad_hello");
});

Deno.test("a server that is silent, or drips, is given ten seconds", pure, async () => {
  using timers = fakeTimers();
  const [server, client] = duplexPair();
  const opening = rejects(openClientLink(client), { name: "LinkError", code: "timeout" });
  await new LineReader(server, 10_000).next();
  await server.write(new TextEncoder().encode("g"));
  timers.pass(9_999);
  strictEqual(client.closed, false);
  timers.pass(1);
  strictEqual(client.closed, true);
  await opening;
});

Deno.test("nothing but the hello is sent to a server that is not genuine", pure, async () => {
  const { client } = await clientOf(async (hello) => `${(await genuine(hello))[0]}\n{}\n`);
  strictEqual(client.written.length, 1_741);
});
