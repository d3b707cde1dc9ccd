/**
 * Fuzzes the server's side of the handshake (FTC1 §3.4, §3.9): what lies under the public hello key.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import { importKey, seal } from "../../../cipher/fernet.ts";
import { answerHello, HandshakeError } from "../../../cipher/handshake.ts";
import { importServerIdentity } from "../../../cipher/server_identity.ts";
import { latin1, type Target } from "../target.ts";

/** The key of all hellos without a shared secret (FTC1 §3.3). */
const HELLO_KEY = "x2fkNoY9O-uPqXDvOx7xg57HauxSfDzNfmT4UEGM1sE=";

const CODES: ReadonlySet<string> = new Set(["bad_token", "bad_hello", "bad_share", "version"]);

/** The plaintext of a hello. */
export const hellos: Target = {
  name: "hellos",
  invariant:
    "a hello is answered exactly where FTC1 §3.4 says so, with an answer of 1,612 and 248 " +
    "characters; else it is a HandshakeError of a known code",
  words: [
    "FTC1",
    Uint8Array.of(0x46, 0x54, 0x43, 0x31, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    Uint8Array.of(0x46, 0x54, 0x43, 0x31, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    new Uint8Array(32),
    new Uint8Array(1_184),
    new Uint8Array(1_184).fill(255),
    Uint8Array.of(9, ...new Uint8Array(31)),
  ],
  async start() {
    const identity = await importServerIdentity(new Uint8Array(32).fill(1), new Uint8Array(16));
    const key = await importKey(HELLO_KEY);
    const outcome = async (line: string): Promise<string> => {
      try {
        const { lines } = await answerHello(line, { identity });
        strictEqual(`${lines.map(({ length }) => length)}`, "1612,248");
        return "answered";
      } catch (error) {
        if (!(error instanceof HandshakeError) || !CODES.has(error.code)) throw error;
        return error.code;
      }
    };
    return {
      async check(octets) {
        const now = await outcome(await seal(key, octets));
        if (now === "answered") ok(isPossible(octets), "answered, and no hello");
        // Nobody but who has the key makes a hello.
        strictEqual(await outcome(latin1(octets)), "bad_token");
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** FTC1 §3.4, written again: all of a client hello but the shares. */
function isPossible(octets: Uint8Array): boolean {
  const [f, t, c, one, type, count = 0] = octets;
  const versions = [...octets.subarray(6, 6 + count)];
  const rest = octets.subarray(6 + count, 16);
  const descending = versions.every((version, at) => version > (versions[at + 1] ?? 0));
  return `${[f, t, c, one, type]}` === "70,84,67,49,1" && count >= 1 && count <= 8 &&
    descending && versions.includes(1) && rest.every((octet) => octet === 0) &&
    (octets.length === 1_232 || (octets.length > 1_232 && (versions[0] ?? 0) > 1));
}
