/**
 * Lines to standard output and standard error.
 *
 * `console.log` hides a closed pipe and is not for programs; here a reader who has gone away (EPIPE)
 * is simply not written to any more: a server goes on without its log.
 *
 * @module
 */

/** What is written to: `Deno.stdout` and `Deno.stderr`. */
export interface Output {
  /** Writes a part of the octets; returns how many. */
  writeSync(octets: Uint8Array): number;
}

/**
 * Makes a function that writes text.
 *
 * @param output Where to.
 * @returns Writes the whole text, or nothing once the reader is gone.
 */
export function writerTo(output: Output): (text: string) => void {
  let gone = false;
  return (text) => {
    const octets = new TextEncoder().encode(text);
    try {
      for (let done = 0; !gone && done < octets.length;) {
        done += output.writeSync(octets.subarray(done));
      }
    } catch {
      gone = true;
    }
  };
}
