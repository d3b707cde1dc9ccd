/**
 * Looks for a text in octets, in every spelling that a program may give it.
 *
 * UTF-8, UTF-16 in both orders, base64 and base64url at each of the three places where the text may begin
 * in a group of octets, JSON with escapes, and hexadecimal. Compressed or encrypted it is not found: that
 * is the point.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Texts and their spellings. */
export class TextSearch {
  readonly #spellings: ReadonlyMap<string, readonly Buffer[]>;

  /**
   * Prepares a search.
   *
   * @param texts Each of 8 characters or more, so that none is found by chance.
   */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      if (text.length < 8) throw new RangeError(`Cannot search for ${text}: it is too short`);
    }
    this.#spellings = new Map(texts.map((text) => [text, spellingsOf(text)]));
  }

  /** The texts that stand in some octets. */
  in(octets: Uint8Array): string[] {
    const haystack = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    const found = [...this.#spellings].filter(([, spellings]) =>
      spellings.some((spelling) => haystack.includes(spelling))
    );
    return found.map(([text]) => text);
  }
}

/**
 * Spells a text in every way.
 *
 * @returns Octets, the plain ones first.
 */
export function spellingsOf(text: string): Buffer[] {
  const utf8 = Buffer.from(text, "utf-8");
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  const escaped = text.replaceAll(
    /[^ -~]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [
    utf8,
    little,
    big,
    Buffer.from(escaped),
    Buffer.from(utf8.toString("hex")),
    ...[utf8, little].flatMap(inBase64),
  ];
}

/** What of the octets stands in base64 whatever is around them. */
function inBase64(octets: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), octets]);
    const whole = Math.floor(padded.length / 3) * 4;
    // The first group holds something else as well, unless the text begins with it.
    const from = shift === 0 ? 0 : 4;
    return (["base64", "base64url"] as const).map((alphabet) =>
      Buffer.from(padded.toString(alphabet).slice(from, whole))
    );
  });
}
