import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type LogOptions, openLog } from "../../server/log.ts";

const pure = { permissions: "none" } as const;

async function logged(
  options: Pick<LogOptions, "format" | "debug">,
  act: (log: Awaited<ReturnType<typeof openLog>>["log"]) => void,
): Promise<string[]> {
  const lines: string[] = [];
  {
    await using logging = await openLog({ ...options, write: (line) => lines.push(line) });
    act(logging.log);
  }
  return lines;
}

Deno.test("a line of text has time, level, message and fields", pure, async () => {
  const lines = await logged({ format: "text", debug: false }, (log) => {
    log.info("logged in", { user: "bob", sessions: 2, reason: null });
  });
  strictEqual(lines.length, 1);
  match(lines[0] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z INF logged in user=bob sessions=2\n$/);
});

Deno.test("a field that the message holds is not said twice", pure, async () => {
  const [line = ""] = await logged({ format: "text", debug: false }, (log) => {
    log.warn("accept failed: {error}", { error: "Too many open files" });
  });
  strictEqual(line.split("Too many open files").length, 2);
  strictEqual(line.includes("error="), false);
});

Deno.test("an error with its stack is one line", pure, async () => {
  const lines = await logged({ format: "text", debug: false }, (log) => {
    log.error("connection failed: {error}", { error: "Error: x\n    at one\n    at two" });
  });
  deepStrictEqual(lines.map((line) => line.split("\n").length), [2]);
});

Deno.test("JSON is one object for each line", pure, async () => {
  const lines = await logged({ format: "json", debug: false }, (log) => {
    log.with({ address: "192.0.2.1" }).info("logged in", { user: "bob" });
  });
  strictEqual(lines.length, 1);
  const record = JSON.parse(lines[0] ?? "");
  strictEqual(record.level, "INFO");
  strictEqual(record.message, "logged in");
  deepStrictEqual(record.properties, { address: "192.0.2.1", user: "bob" });
});

Deno.test("details are logged only where they are asked for", pure, async () => {
  const detail = (log: { debug(message: string): void }) => log.debug("handshake refused");
  deepStrictEqual(await logged({ format: "text", debug: false }, detail), []);
  strictEqual((await logged({ format: "text", debug: true }, detail)).length, 1);
});
