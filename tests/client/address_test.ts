import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { parseAddress, parseFingerprint } from "../../client/address.ts";
import { chatAddress } from "../../server/banner.ts";

const pure = { permissions: "none" } as const;

const FINGERPRINT = "ftc1:6laH1jpFHMKNWWpGvA4-EF9BDxAcHRPkubDis9E8lmQ";
const OTHER = `ftc1:${"A".repeat(43)}`;

const fingerprints = fc.uint8Array({ minLength: 32, maxLength: 32 })
  .map((octets) => `ftc1:${encodeBase64Url(octets)}`);
const servers = fc.record({
  host: fc.oneof(fc.ipV4(), fc.ipV6().map((host) => host.toLowerCase()), fc.domain()),
  port: fc.integer({ min: 1, max: 65_535 }),
  fingerprint: fingerprints,
}, { noNullPrototype: true });

/** What is said about these arguments. */
function complaint(...args: readonly string[]): string {
  const address = parseAddress(args);
  ok("wrong" in address, JSON.stringify(address));
  return address.wrong;
}

Deno.test("what a server prints is what a client reads, whatever the host", pure, () => {
  fc.assert(fc.property(servers, (server) => {
    deepStrictEqual(parseAddress([chatAddress(server)]), server);
  }));
});

Deno.test("what a client reads is printed as it was, but for upper case", pure, () => {
  const parts = fc.tuple(servers, fc.constantFrom("chat://", "CHAT://"), fc.boolean());
  fc.assert(fc.property(parts, ([server, scheme, isShouted]) => {
    const printed = chatAddress(server);
    const [, place = "", end = ""] = /^chat:\/\/([^#]*)(#.*)$/.exec(printed) ?? [];
    const typed = scheme + (isShouted ? place.toUpperCase() : place) + end;
    const read = parseAddress([typed]);
    ok(!("wrong" in read), JSON.stringify(read));
    strictEqual(chatAddress({ fingerprint: "", ...read }), printed);
  }));
});

Deno.test("host and port are two words, in every spelling of a host", pure, () => {
  for (
    const [typed, host] of [
      ["127.0.0.1", "127.0.0.1"],
      ["Chat.Example.ORG", "chat.example.org"],
      ["::1", "::1"],
      ["[::1]", "::1"],
      ["fe80::1%eth0", "fe80::1%eth0"],
    ] as const
  ) deepStrictEqual(parseAddress([typed, "9999"]), { host, port: 9_999 });
});

Deno.test("an IPv6 address loses its brackets, and keeps its zone", pure, () => {
  const hostOf = (host: string) => parseAddress([`chat://${host}:1#${FINGERPRINT}`]);
  deepStrictEqual(hostOf("[::1]"), { host: "::1", port: 1, fingerprint: FINGERPRINT });
  deepStrictEqual(hostOf("[FE80::1%eth0]"), {
    host: "fe80::1%eth0",
    port: 1,
    fingerprint: FINGERPRINT,
  });
});

Deno.test("a slash that a mail program has added does no harm", pure, () => {
  deepStrictEqual(parseAddress([`chat://h:1/#${FINGERPRINT}`]), {
    host: "h",
    port: 1,
    fingerprint: FINGERPRINT,
  });
});

Deno.test("a fingerprint beside the address must be the same one", pure, () => {
  const address = `chat://h:1#${FINGERPRINT}`;
  const expected = { host: "h", port: 1, fingerprint: FINGERPRINT };
  deepStrictEqual(parseAddress([address], { fingerprint: FINGERPRINT }), expected);
  deepStrictEqual(parseAddress(["h", "1"], { fingerprint: FINGERPRINT }), expected);
  const differs = parseAddress([address], { fingerprint: OTHER });
  match("wrong" in differs ? differs.wrong : "", /differ\. Leave out --fingerprint\.$/);
});

Deno.test("absent arguments count as none", pure, () => {
  deepStrictEqual(parseAddress(["h", "1", undefined]), { host: "h", port: 1 });
  match(complaint(), /^Say where the server is: /);
  match(complaint(""), /^Say where the server is: /);
});

Deno.test("a wrong host or port is named, with what to give instead", pure, () => {
  strictEqual(
    complaint("a b", "1"),
    '"a b" is no host. Give an address or a name, such as 127.0.0.1.',
  );
  for (const port of ["0", "65536", "-1", "99x", "1.5", "999999"]) {
    strictEqual(complaint("h", port), `"${port}" is no port. Give a number from 1 to 65535.`);
    strictEqual(
      complaint(`chat://h:${port}#${FINGERPRINT}`),
      `"${port}" is no port. Give a number from 1 to 65535.`,
    );
  }
  strictEqual(complaint("127.0.0.1:9999"), "Host and port are two words: 127.0.0.1 9999.");
  strictEqual(complaint("[::1]:9999"), "Host and port are two words: ::1 9999.");
  match(complaint("h"), /^The port is missing behind "h"\. Give host and port/);
  strictEqual(complaint("h", "1", "x", "y"), 'Leave out "x y".');
});

Deno.test("a wrong address is explained, each fault in its own words", pure, () => {
  const end = `#${FINGERPRINT}`;
  const faults: readonly (readonly [string, RegExp])[] = [
    [`chat:h:1${end}`, /is no address\. It looks like chat:\/\/host:port#fingerprint\.$/],
    [`chat://h:1/room${end}`, /is no address\./],
    ["chat://h:1/room", /is no address\./],
    ["chat://h:1", /^The address has no fingerprint\. .*; or without one: h 1\.$/],
    ["chat://h:1#", /^The fingerprint behind # is not whole/],
    [`chat://h:1${end.slice(0, -1)}`, /^The fingerprint behind # is not whole/],
    [`chat://h:1${end}x`, /^The fingerprint behind # is not whole/],
    [`chat://h:1${end.replace("ftc1:", "")}`, /^The fingerprint behind # is not whole/],
    // The last character of 43 has two bits that must be zero.
    [`chat://h:1${end.slice(0, -1)}R`, /^The fingerprint behind # is not whole/],
    [`chat://h${end}`, /^The port is missing behind "h"\./],
    [`chat://h:${end}`, /^The port is missing behind "h"\./],
    [`chat://[::1]${end}`, /^The port is missing behind "\[::1\]"\./],
    [`chat://::1:9999${end}`, /^An IPv6 address stands in brackets: chat:\/\/\[::1\]:9999#/],
    [`chat://:9999${end}`, /^Nothing is no host\./],
    [`chat://[h]:9999${end}`, /^"\[h\]" is no host\./],
    [`chat://a b:9999${end}`, /^"a b" is no host\./],
  ];
  for (const [typed, expected] of faults) match(complaint(typed), expected, typed);
  match(complaint(`chat://h:1${end}`, "9999"), /^Leave out "9999": a chat:\/\/ address says/);
  match(complaint("h", `chat://h:1${end}`), /^Leave out what stands before the chat:/);
});

Deno.test("whatever is typed, there is an address that can be used or one short line", pure, () => {
  const piece = fc.constantFrom("chat://", "h", "[::1]", ":", "1", "#", FINGERPRINT, "\x1b", "\n");
  const word = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 3 }), (args) => {
    const address = parseAddress(args);
    if ("wrong" in address) {
      match(address.wrong, /^[^\p{Cc}]{1,400}\.$/u);
      return;
    }
    match(address.host, /^[^\sA-Z[\]]+$/);
    ok(address.port >= 1 && address.port <= 65_535);
    if (address.fingerprint === undefined) return strictEqual(args.length, 2);
    strictEqual(parseFingerprint(address.fingerprint), address.fingerprint);
  }));
});
