import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { banner, type BannerOptions, chatAddress, machineAddresses } from "../../server/banner.ts";

const pure = { permissions: "none" } as const;
const fingerprint = "ftc1:6laH1jpFHMKNWWpGvA4-EF9BDxAcHRPkubDis9E8lmQ";
const LOCAL: BannerOptions = {
  version: "1.2.3",
  address: { transport: "tcp", hostname: "127.0.0.1", port: 9_999 },
  fingerprint,
  dataFolder: "/home/bob/.local/share/fernchat/server",
  machineAddresses: ["192.0.2.7", "2001:db8::7"],
};

const at = (hostname: string): Deno.NetAddr => ({ transport: "tcp", hostname, port: 9_999 });

Deno.test("the banner says where the server is, who it is, and how to reach it", pure, () => {
  strictEqual(
    banner(LOCAL),
    [
      "Fernchat 1.2.3 listens on 127.0.0.1:9999",
      `Fingerprint: ${fingerprint}`,
      "Data folder: /home/bob/.local/share/fernchat/server",
      "Clients connect with:",
      `  deno run -A mod.ts client 127.0.0.1 9999 --fingerprint ${fingerprint}`,
      "or with one word that can be passed on:",
      `  deno run -A mod.ts client "chat://127.0.0.1:9999#${fingerprint}"`,
      "",
    ].join("\n"),
  );
});

Deno.test("a server on all addresses gives a line for each of the machine's", pure, () => {
  const start = "  deno run -A mod.ts client ";
  const ipv4 = `192.0.2.7 9999 --fingerprint ${fingerprint}`;
  const ipv6 = `2001:db8::7 9999 --fingerprint ${fingerprint}`;
  const words = [
    `"chat://192.0.2.7:9999#${fingerprint}"`,
    `"chat://[2001:db8::7]:9999#${fingerprint}"`,
  ];
  const linesOn = (hostname: string) =>
    banner({ ...LOCAL, address: at(hostname) }).split("\n")
      .filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  deepStrictEqual(linesOn("::"), [ipv4, ipv6, ...words]);
  deepStrictEqual(linesOn("0.0.0.0"), [ipv4, words[0]]);
});

Deno.test(
  "an IPv6 address stands in brackets before a port, and bare before a client's",
  pure,
  () => {
    const text = banner({ ...LOCAL, address: at("::1") });
    strictEqual(text.startsWith("Fernchat 1.2.3 listens on [::1]:9999\n"), true);
    strictEqual(text.includes("mod.ts client ::1 9999 "), true);
  },
);

Deno.test("an address in one word has host, port and the whole fingerprint", pure, () => {
  const server = { host: "2001:db8::7", port: 1, fingerprint };
  strictEqual(chatAddress(server), `chat://[2001:db8::7]:1#${fingerprint}`);
});

Deno.test("a shared secret is named, quoted where the shell needs it", pure, () => {
  const lines = banner({ ...LOCAL, secretFile: "a/b.key" }).split("\n");
  strictEqual(lines.filter((line) => line.endsWith(" --secret-file a/b.key")).length, 2);
  strictEqual(
    banner({ ...LOCAL, secretFile: "it's here" }).includes(" --secret-file 'it'\\''s here'\n"),
    true,
  );
});

Deno.test("where addresses may not be known, a placeholder stands for them", pure, () => {
  deepStrictEqual(machineAddresses(), ["<address-of-this-machine>"]);
});

Deno.test("addresses that others can reach, IPv4 first", { permissions: { sys: true } }, () => {
  const addresses = machineAddresses();
  strictEqual(addresses.some((address) => address.startsWith("fe80:") || address === "::1"), false);
  const firstIpv6 = addresses.findIndex((address) => address.includes(":"));
  const lastIpv4 = addresses.findLastIndex((address) => !address.includes(":"));
  strictEqual(firstIpv6 === -1 || lastIpv4 < firstIpv6, true);
});
