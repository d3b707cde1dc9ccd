/**
 * Fuzzes `cipher/fernet.ts`: the first thing that looks at what a stranger sends.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { importKey, InvalidToken, open, seal } from "../../../cipher/fernet.ts";
import { latin1, stateless, type Target } from "../target.ts";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** The plaintexts of the tokens in the corpus: whatever else opens was forged. */
const SEALED: readonly string[] = ["", "hello", '{"t":"ping"}'];

/** As text, one character for each octet. */
export const tokens: Target = {
  name: "tokens",
  invariant:
    "no text opens but one that was sealed, to the letter; whatever is wrong is InvalidToken; " +
    "and what is sealed opens",
  words: ["gAAAA", "A", "==", "=", "-", "_", "+", "/", " ", "\n", "é"],
  start: stateless(async (octets) => {
    const key = await importKey(KEY);
    const text = latin1(octets);
    try {
      const message = new TextDecoder().decode(await open(key, text));
      ok(SEALED.includes(message), `${text} opens as ${message}`);
      ok(/^gAAAA[A-Za-z0-9_-]+={0,2}$/.test(text) && text.length % 4 === 0, text);
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
    }
    const token = await seal(key, octets);
    deepStrictEqual(await open(key, token), octets);
    strictEqual(token.length % 4, 0);
    const at = 5 + (octets[0] ?? 0) % (token.length - 5);
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    ok(!(await opens(changed)), `${changed} opens, and was not sealed`);

    async function opens(one: string): Promise<boolean> {
      try {
        await open(key, one);
        return true;
      } catch (error) {
        if (!(error instanceof InvalidToken)) throw error;
        return false;
      }
    }
  }),
};
