import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { CommanderError } from "@commander-js/extra-typings";
import { type ClientOptions, defineClientCommand } from "../../client/options.ts";

async function parse(...args: readonly string[]): Promise<ClientOptions> {
  const { promise, resolve } = Promise.withResolvers<ClientOptions>();
  const command = defineClientCommand((options) => Promise.resolve(resolve(options)));
  command.exitOverride().configureOutput({ writeErr: () => {} });
  await command.parseAsync([...args], { from: "user" });
  return await promise;
}

const fingerprint = `ftc1:${"A".repeat(43)}`;

Deno.test("host and port are enough", async () => {
  deepStrictEqual(await parse("127.0.0.1", "9999"), {
    host: "127.0.0.1",
    port: 9_999,
    strict: false,
    forget: false,
    register: true,
    plain: false,
    json: false,
    timeout: 30,
    debug: false,
  });
});

Deno.test("a host is compared in lower case, an IPv6 literal without brackets", async () => {
  strictEqual((await parse("Chat.Example.ORG", "1")).host, "chat.example.org");
  strictEqual((await parse("[::1]", "1")).host, "::1");
  strictEqual((await parse("fe80::1%eth0", "1")).host, "fe80::1%eth0");
});

Deno.test("a chat:// address is host, port and fingerprint in one word", async () => {
  const { host, port, fingerprint: expected } = await parse(`chat://[::1]:9999#${fingerprint}`);
  deepStrictEqual([host, port, expected], ["::1", 9_999, fingerprint]);
});

Deno.test("a program says where it begins: behind an entry, or now", async () => {
  const { json, since } = await parse("h", "1", "--json", "--since", "1838459473920");
  deepStrictEqual([json, since], [true, 1_838_459_473_920]);
  strictEqual((await parse("h", "1", "--json", "--since", "0")).since, 0);
  strictEqual((await parse("h", "1", "--json", "--since", "now")).since, "now");
});

Deno.test("flags are understood", async () => {
  const options = await parse(
    "h",
    "1",
    "--no-register",
    "--plain",
    "--fingerprint",
    fingerprint,
    "--timeout",
    "5",
    "--user",
    "bob",
  );
  const { register, plain, timeout, user } = options;
  deepStrictEqual([register, plain, options.fingerprint, timeout, user], [
    false,
    true,
    fingerprint,
    5,
    "bob",
  ]);
});

Deno.test("wrong arguments are refused", async () => {
  const wrong = [
    [],
    ["h"],
    ["h", "0"],
    ["h", "65536"],
    ["h", "1x"],
    ["a b", "1"],
    ["", "1"],
    ["h", "1", "2"],
    ["h", "1", "--what"],
    ["h", "1", "--timeout", "0"],
    ["h", "1", "--json", "--plain"],
    ["h", "1", "--since", "5"],
    ["h", "1", "--json", "--since", "-1"],
    ["h", "1", "--json", "--since", "yesterday"],
    ["h", "1", "--json", "--since", "9007199254740993"],
    [`chat://h:1#${fingerprint}`, "1"],
    [`chat://h:1#${fingerprint}`, "--fingerprint", `ftc1:${"E".repeat(43)}`],
    ["chat://h:1"],
    ["h", "1", "--fingerprint", "ftc1:short"],
    ["h", "1", "--fingerprint", "A".repeat(48)],
  ];
  for (const args of wrong) await rejects(parse(...args), CommanderError, args.join(" "));
});
