/**
 * A real folder for one test, 0700, that goes with everything in it.
 *
 * @module
 */

/** A temporary folder. */
export interface TempFolder extends AsyncDisposable {
  /** The folder, absolute. */
  readonly path: string;
}

/** Makes a temporary folder. */
export async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "fernchat-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
