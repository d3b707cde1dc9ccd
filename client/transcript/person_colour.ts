/**
 * A colour for each person: the same everywhere and always, as it comes from the name alone.
 *
 * @module
 */

/**
 * Colours of xterm's 256 whose contrast is at least 4 to 1 both on black and on white (WCAG 2.2, "contrast
 * ratio"), far enough from each other.
 */
export const PALETTE: readonly number[] = [27, 28, 30, 62, 64, 98, 129, 130, 131, 133, 161, 163];

/**
 * Finds the colour of a person.
 *
 * @param name The name, in any case.
 * @returns A colour of the palette.
 */
export function colourOf(name: string): number {
  // FNV-1a, 32 bits: short, and spreads names that differ in one letter.
  let hash = 0x811c9dc5;
  for (const octet of new TextEncoder().encode(name.toLowerCase())) {
    hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
  }
  // The low bits of FNV-1a are the weakest.
  return PALETTE[((hash ^ (hash >>> 16)) >>> 0) % PALETTE.length] ?? 28;
}
