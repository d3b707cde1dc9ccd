/**
 * Names of keys: from the last part of a control sequence to `C-Left`.
 *
 * Names begin with the modifiers `C-`, `M-`, `S-` in this order. A printable character without Ctrl or
 * Alt is its own name.
 * Source: xterm, "Control Sequences"; kitty, "Comprehensive keyboard handling"; rxvt-unicode, urxvt(7).
 *
 * @module
 */

const CURSOR_KEYS: Readonly<Record<string, string>> = {
  A: "Up",
  B: "Down",
  C: "Right",
  D: "Left",
  F: "End",
  H: "Home",
};

const NUMBERED_KEYS: Readonly<Record<number, string>> = {
  1: "Home",
  2: "Insert",
  3: "Delete",
  4: "End",
  5: "PageUp",
  6: "PageDown",
  7: "Home",
  8: "End",
};

const CONTROL_KEYS: Readonly<Record<number, string>> = {
  8: "Backspace",
  9: "Tab",
  10: "Enter",
  13: "Enter",
  27: "Escape",
  127: "Backspace",
};

interface Modifiers {
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/**
 * Names the key that sends a control character.
 *
 * @param character One of C0, or DEL; of C1 none is a key.
 * @returns The name, or `null`.
 */
export function keyOfControl(character: string): string | null {
  const code = character.charCodeAt(0);
  const known = CONTROL_KEYS[code];
  if (known !== undefined) return known;
  if (code > 31) return null;
  return code === 0 ? "C-Space" : `C-${String.fromCharCode(code + 64).toLowerCase()}`;
}

/**
 * Names the key of `ESC O x`.
 *
 * @param final The last character.
 * @returns The name, or `null`.
 */
export function keyOfSs3(final: string): string | null {
  if (final === "M") return "Enter";
  // Ctrl and a cursor key, in rxvt.
  const withCtrl = /^[a-d]$/.test(final) ? CURSOR_KEYS[final.toUpperCase()] : undefined;
  return withCtrl === undefined ? CURSOR_KEYS[final] ?? null : `C-${withCtrl}`;
}

/**
 * Names the key of `ESC [ parameters final`.
 *
 * @param parameters What stands between.
 * @param final The last character.
 * @returns The name, or `null`.
 */
export function keyOfCsi(parameters: string, final: string): string | null {
  if (!/^[\d;:]*$/.test(parameters)) return null;
  // Behind a colon are details of the keyboard.
  const numbers = parameters.split(";").map((part) => Number.parseInt(part, 10));
  const [first = 1, second = 1, third = 0] = numbers.map((n) => Number.isNaN(n) ? 1 : n);
  if (final === "Z") return "S-Tab";
  if (parameters === "" && final === "I") return "FocusIn";
  if (parameters === "" && final === "O") return "FocusOut";
  if (final === "u") return characterKey(first, second);
  if (final === "~" && first === 27) return characterKey(third, second);
  const name = final === "~" ? NUMBERED_KEYS[first] : CURSOR_KEYS[final];
  return name === undefined ? null : named(name, modifiersOf(second));
}

/**
 * Adds Alt to a key.
 *
 * @param name The name without, or with.
 * @returns The name with it.
 */
export function withAlt(name: string): string {
  if (name.startsWith("M-") || name.startsWith("C-M-")) return name;
  return name.startsWith("C-") && name.length > 2 ? `C-M-${name.slice(2)}` : `M-${name}`;
}

function characterKey(code: number, modifier: number): string | null {
  const modifiers = modifiersOf(modifier);
  const special = CONTROL_KEYS[code];
  if (special !== undefined) return named(special, modifiers);
  if (code < 32 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
  const character = String.fromCodePoint(code);
  // kitty sends private characters for keys such as Caps Lock.
  if (/^[\p{C}]$/u.test(character)) return null;
  const { ctrl, alt, shift } = modifiers;
  if (ctrl || alt) return named(character.toLowerCase(), { ctrl, alt, shift: false });
  return shift ? character.toUpperCase() : character;
}

function modifiersOf(parameter: number): Modifiers {
  const bits = Math.max(0, parameter - 1);
  return { shift: (bits & 1) !== 0, alt: (bits & 0b1010) !== 0, ctrl: (bits & 4) !== 0 };
}

function named(name: string, { ctrl, alt, shift }: Modifiers): string {
  return `${ctrl ? "C-" : ""}${alt ? "M-" : ""}${shift ? "S-" : ""}${name}`;
}
