/**
 * Fuzzes what a client makes of an `epochs` answer: pieces, put together and taken into a chain
 * (`client/end_to_end/`, FTC1 §7.4).
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert/strict";
import { decodeBase64Url } from "../../../cipher/base64url.ts";
import { BadChain } from "../../../client/end_to_end/bad_chain.ts";
import { Chain } from "../../../client/end_to_end/chain.ts";
import { joinPieces } from "../../../client/end_to_end/epoch_parts.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import { decodeEvent } from "../../../protocol/codec.ts";
import { BadFrame, decodeFrame } from "../../../protocol/frame.ts";
import { FakeKeys, keyholder, REALM } from "../../testing/fake_keys.ts";
import type { Target } from "../target.ts";

/** The group of the corpus; its keys are those of three roots. */
const CONVERSATION = "98zvhksFp8Zi3lx4payiEa69xptp1oqB4gGGyx3tLdE";

/** The hashes of its records, hexadecimal: nobody else can sign for its members. */
const SIGNED: ReadonlySet<string> = new Set([
  "3600a723e07addc91e43ab3b27e9722aa468697f75e5934c77d2982806b1fcc6",
  "11e63c3f997681260e55a1dcd2ba39ba394607ef26799cbcbc82e45253ff11ff",
  "602ee910c70d2cea49cf8bd9e942e4682a6192bbd75cd7e1cac9f343c921f1d6",
]);

/** An event, as JSON. */
export const chains: Target = {
  name: "chains",
  invariant:
    "pieces are epochs in their order, or BadChain; a chain takes what its members have signed in their " +
    "order, or BadChain, and then it is as it was",
  words: [
    ...['{"t":"epochs","re":1,"more":false,"pieces":[', "]}", '{"e":', ',"record":"', ',"wrap":"'],
    ...[',"added":[["', '","', '"]]}', ',"removed":["', ',"notes":["', ',"rekeyed":["', '"]},'],
    ...[',"complaints":[{"epoch":', ',"user":"', "0", "1", "2", "3", "-1", "9007199254740991"],
    ...["alice", "bob", "carol", "A".repeat(43), "=", "\\ud800", "null", "{}", "[]", ","],
  ],
  async start() {
    const people = await Promise.all(["alice", "bob", "carol"].map((user, n) => {
      return keyholder(user, { root: new Uint8Array(32).fill(n + 1) });
    }));
    const [, bob] = people;
    const server = new FakeKeys();
    server.show(...people);
    const keys = new KeyDirectory({ asker: server, realm: REALM });
    const identities = bob === undefined ? [] : [bob.identity];
    return {
      async check(octets) {
        const pieces = piecesIn(octets);
        if (pieces === null) return;
        const chain = new Chain({
          conversation: decodeBase64Url(CONVERSATION),
          name: "team",
          kind: "group",
          me: { user: "bob", realm: REALM, identities },
          keys,
        });
        for (const from of new Set([0, pieces[0]?.e ?? 0])) await follow(chain, pieces, from);
        server.asked.length = 0;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

type Pieces = Parameters<typeof joinPieces>[0];

function piecesIn(octets: Uint8Array): Pieces | null {
  try {
    const decoded = decodeEvent(decodeFrame(octets));
    return decoded.ok && decoded.value.t === "epochs" ? decoded.value.pieces : null;
  } catch (error) {
    if (!(error instanceof BadFrame)) throw error;
    return null;
  }
}

async function follow(chain: Chain, pieces: Pieces, from: number): Promise<void> {
  let joined: ReturnType<typeof joinPieces>;
  try {
    joined = joinPieces(pieces, from);
  } catch (error) {
    if (!(error instanceof BadChain)) throw error;
    return;
  }
  for (const parts of joined.epochs) {
    const before = chain.head;
    try {
      await chain.accept(parts);
    } catch (error) {
      if (!(error instanceof BadChain)) throw error;
      deepStrictEqual(chain.head, before);
      break;
    }
    ok(SIGNED.has(chain.head?.hash.toHex() ?? ""), "accepted, and nobody has signed it");
    await chain.keys.key(chain.head?.epoch ?? 0);
  }
  await chain.setOpen(joined.open);
  for (const name of chain.open.leavers) ok(chain.head?.members.has(name));
}
