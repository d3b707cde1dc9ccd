/**
 * Text with colours and attributes, as `tmux capture-pane -e` gives it, taken apart.
 *
 * Knows the sequences that tmux writes (SGR; ECMA-48 §8.3.117), and no others.
 *
 * @module
 */

/** What a run of text looks like. */
export interface Look {
  /** Colour of the text, `#rrggbb`; that of the terminal if absent. */
  readonly ink?: string;
  /** Colour behind it. */
  readonly paper?: string;
  readonly isBold?: true;
  readonly isDim?: true;
  readonly isItalic?: true;
  readonly isUnderlined?: true;
  /** Ink and paper exchanged. */
  readonly isReversed?: true;
}

/** Text of one look. */
export interface Run {
  readonly text: string;
  readonly look: Look;
}

/** The sixteen colours of a terminal, readable on a dark ground. */
const SIXTEEN: readonly string[] = [
  "#3b4048",
  "#e06c75",
  "#98c379",
  "#e5c07b",
  "#61afef",
  "#c678dd",
  "#56b6c2",
  "#c8ccd4",
  "#7f848e",
  "#ff8b94",
  "#b5e890",
  "#ffd98e",
  "#8cc8ff",
  "#e29bf5",
  "#7fdbe6",
  "#ffffff",
];

// deno-lint-ignore no-control-regex -- the sequences that are looked for
const SEQUENCE = /\x1b\[([\d;]*)m/;

/**
 * Takes lines apart.
 *
 * @param captured Lines, parted by line feeds; a look goes on over their ends.
 * @returns The runs of each line.
 */
export function runsOf(captured: string): Run[][] {
  let look: Look = {};
  return captured.split("\n").map((line) => {
    const runs: Run[] = [];
    for (const [at, part] of line.split(SEQUENCE).entries()) {
      // The parts between texts are what stands in the brackets of the expression.
      if (at % 2 === 1) look = changed(look, part.split(";").map(Number));
      else if (part !== "") runs.push({ text: part, look });
    }
    return runs;
  });
}

const ATTRIBUTES: ReadonlyMap<number, Look> = new Map<number, Look>([
  [1, { isBold: true }],
  [2, { isDim: true }],
  [3, { isItalic: true }],
  [4, { isUnderlined: true }],
  [7, { isReversed: true }],
]);

const ENDS: ReadonlyMap<number, readonly (keyof Look)[]> = new Map<number, readonly (keyof Look)[]>(
  [
    [22, ["isBold", "isDim"]],
    [23, ["isItalic"]],
    [24, ["isUnderlined"]],
    [27, ["isReversed"]],
    [39, ["ink"]],
    [49, ["paper"]],
  ],
);

function changed(look: Look, codes: readonly number[]): Look {
  let next = look;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) next = {};
    else if (code === 38 || code === 48) {
      const { colour, length } = extended(codes.slice(at + 1));
      next = code === 38 ? { ...next, ink: colour } : { ...next, paper: colour };
      at += length;
    } else next = simple(next, code);
  }
  return next;
}

function simple(look: Look, code: number): Look {
  const ended = ENDS.get(code);
  if (ended !== undefined) {
    return Object.fromEntries(
      Object.entries(look).filter(([key]) => !ended.some((end) => end === key)),
    );
  }
  const bright = code >= 90 ? 8 : 0;
  const colour = SIXTEEN[code % 10 + bright];
  const tens = Math.floor(code / 10);
  if ((tens === 3 || tens === 9) && colour !== undefined) return { ...look, ink: colour };
  if ((tens === 4 || tens === 10) && colour !== undefined) return { ...look, paper: colour };
  return { ...look, ...ATTRIBUTES.get(code) };
}

function extended(codes: readonly number[]): { readonly colour: string; readonly length: number } {
  const [kind, ...values] = codes;
  if (kind === 2) return { colour: hex(values.slice(0, 3)), length: 4 };
  return { colour: indexed(values[0] ?? 0), length: 2 };
}

/** The palette of 256: sixteen, a cube of six steps, 24 greys. */
function indexed(index: number): string {
  const named = SIXTEEN[index];
  if (named !== undefined) return named;
  if (index >= 232) return hex([1, 1, 1].map(() => 8 + 10 * (index - 232)));
  const step = (size: number) => {
    const level = Math.floor((index - 16) / size) % 6;
    return level === 0 ? 0 : 55 + 40 * level;
  };
  return hex([step(36), step(6), step(1)]);
}

function hex(values: readonly number[]): string {
  return `#${values.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
