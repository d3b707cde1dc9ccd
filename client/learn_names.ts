/**
 * Asks who is there and which groups there are, so that names can be completed before anybody has said
 * anything.
 *
 * @module
 */

import { ask, type Request } from "./request.ts";

/**
 * Asks for one page of each; nothing is shown. The session takes note of every name in an answer.
 *
 * @returns The request.
 */
export function* learnNames(): Request {
  yield* ask({ t: "names" });
  yield* ask({ t: "groups" });
  return "done";
}
