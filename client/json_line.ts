/**
 * One object as one line of ASCII.
 *
 * Every character beyond ASCII, and DEL, is written as `\uXXXX`, as JSON allows: so the line says the same,
 * and nothing that came from the network can act on a terminal, draw a line break or turn the direction
 * of what stands beside it (FTC1 §6), whatever encoding is read or shown.
 *
 * @module
 */

/**
 * Writes an object.
 *
 * @param object What `JSON.stringify` takes.
 * @returns One line of printable ASCII, without its line feed; `JSON.parse` gives the object back.
 */
export function jsonLine(object: object): string {
  return JSON.stringify(object).replace(BEYOND, escape);
}

const BEYOND = /[^\x20-\x7e]/g;

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
