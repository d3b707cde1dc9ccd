/**
 * What a fuzzer is made of: octets in, and a statement that must hold whatever they are.
 *
 * Inputs are made of the corpus, of the words of the format, and of nothing but chance.
 *
 * @module
 */

import fc from "fast-check";

/** One fuzzer. */
export interface Target {
  /** Its name, and that of its folder in `corpus/`. */
  readonly name: string;
  /** What must hold, a sentence. */
  readonly invariant: string;
  /** Pieces that its format is made of. */
  readonly words: readonly (string | Uint8Array)[];
  /** Makes what inputs are tried on; it may remember what came before. */
  start(): Promise<Trial>;
}

/** What inputs are tried on. */
export interface Trial extends AsyncDisposable {
  /**
   * Tries an input.
   *
   * @throws {Error} If the invariant does not hold.
   */
  check(octets: Uint8Array): Promise<void> | void;
}

/** A trial that remembers nothing. */
export function stateless(check: Trial["check"]): () => Promise<Trial> {
  return () => Promise.resolve({ check, [Symbol.asyncDispose]: () => Promise.resolve() });
}

/** Makes the octets of a text. */
export function octetsOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

/** Makes a text of any octets, one character for each. */
export function latin1(octets: Uint8Array): string {
  return new TextDecoder("latin1").decode(octets);
}

/**
 * Makes the inputs of a target.
 *
 * @param target Which.
 * @param corpus Inputs that were interesting once.
 */
export function inputsFor(
  target: Target,
  corpus: readonly Uint8Array[],
): fc.Arbitrary<Uint8Array> {
  const word = fc.oneof(
    fc.constantFrom(...target.words).map(octetsOf),
    fc.uint8Array({ maxLength: 3 }),
  );
  const sentence = fc.array(word, { maxLength: 24 }).map(joined);
  if (corpus.length === 0) return fc.oneof(sentence, fc.uint8Array({ maxLength: 300 }));
  const seed = fc.constantFrom(...corpus);
  const edit = fc.record({
    kind: fc.constantFrom("set", "flip", "insert", "remove", "cut", "double"),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    octet: fc.nat(255),
    word,
  });
  const edited = fc.tuple(seed, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([octets, edits]) => edits.reduce(applied, octets));
  const spliced = fc.tuple(seed, seed, fc.nat(), fc.nat()).map(([a, b, head, tail]) =>
    joined([a.subarray(0, head % (a.length + 1)), b.subarray(tail % (b.length + 1))])
  );
  return fc.oneof(
    { arbitrary: edited, weight: 4 },
    { arbitrary: sentence, weight: 3 },
    { arbitrary: spliced, weight: 1 },
    { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 },
  );
}

interface Edit {
  readonly kind: string;
  /** Where, as a part of the whole. */
  readonly at: number;
  readonly octet: number;
  readonly word: Uint8Array;
}

function applied(octets: Uint8Array, { kind, at: part, octet, word }: Edit): Uint8Array {
  const at = Math.floor(part * octets.length);
  const [head, tail] = [octets.subarray(0, at), octets.subarray(at)];
  switch (kind) {
    case "set":
      return joined([head, Uint8Array.of(octet), tail.subarray(1)]);
    case "flip":
      return joined([head, Uint8Array.of((tail[0] ?? 0) ^ (1 << octet % 8)), tail.subarray(1)]);
    case "insert":
      return joined([head, word, tail]);
    case "remove":
      return joined([head, tail.subarray(1 + octet % 8)]);
    case "cut":
      return head;
    default:
      return joined([octets, tail]);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
