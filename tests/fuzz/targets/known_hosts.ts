/**
 * Fuzzes `client/known_hosts.ts`: a file that anybody may have edited.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  formatKnownHost,
  type KnownHost,
  lookUp,
  parseKnownHost,
  withKnownHost,
  withoutKnownHost,
} from "../../../client/known_hosts.ts";
import { stateless, type Target } from "../target.ts";

const FINGERPRINT = `ftc1:${"a".repeat(42)}A`;
const SERVER: KnownHost = {
  host: "127.0.0.1",
  port: 9999,
  fingerprint: FINGERPRINT,
  realm: "AAAAAAAAAAAAAAAAAAAAAA",
  since: "2026-11-22",
};

/** The content of the file. */
export const knownHosts: Target = {
  name: "known_hosts",
  invariant:
    "a server is trusted only for one whole line that speaks of it alone; a forgotten one is " +
    "not known, and one that is remembered after that is known, and nobody else is touched",
  words: [
    ...["127.0.0.1 9999 ", "127.0.0.1", " ", "\n", "\r\n", "9999", "99999", "\t", "#", "::1"],
    ...[FINGERPRINT, "ftc1:", "AAAAAAAAAAAAAAAAAAAAAA", "2026-11-22", formatKnownHost(SERVER)],
    formatKnownHost({ ...SERVER, host: "chat.example.org" }),
  ],
  start: stateless((octets) => {
    const text = new TextDecoder().decode(octets);
    const lines = text.split("\n");
    const own = lines.filter((line) => line.startsWith("127.0.0.1 9999"));
    const found = lookUp(text, SERVER);
    if (found.type === "known") {
      const line = lines[found.line - 1] ?? "";
      deepStrictEqual(parseKnownHost(line), found.host);
      strictEqual(formatKnownHost(found.host), `${line}\n`);
      deepStrictEqual([found.host.host, found.host.port], [SERVER.host, SERVER.port]);
      strictEqual(own.filter((one) => /^127\.0\.0\.1 9999( |$)/.test(one)).length, 1);
    }
    if (found.type === "unknown") ok(lines.every((line) => isBlank(line) || isOther(line)));
    const forgotten = withoutKnownHost(text, SERVER);
    ok(!["known", "ambiguous"].includes(lookUp(forgotten, SERVER).type));
    deepStrictEqual(wholeOf(forgotten), wholeOf(text).filter((host) => !isSame(host)));
    const again = withKnownHost(forgotten, SERVER);
    strictEqual(lookUp(again, SERVER).type, "known");
    deepStrictEqual(wholeOf(again), [...wholeOf(forgotten), SERVER]);
  }),
};

function wholeOf(text: string): KnownHost[] {
  return text.split("\n").flatMap((line) => parseKnownHost(line) ?? []);
}

function isSame({ host, port }: KnownHost): boolean {
  return host === SERVER.host && port === SERVER.port;
}

function isOther(line: string): boolean {
  const host = parseKnownHost(line);
  return host !== null && !isSame(host);
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}
