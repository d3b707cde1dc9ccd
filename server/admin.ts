/**
 * Carries out what is asked on the admin socket, or by a subcommand that has the data folder to itself.
 *
 * No socket: a request in, an answer out.
 *
 * @module
 */

import type { AdminAnswer, AdminRequest } from "./admin_protocol.ts";
import type { Operator, Result } from "./operator.ts";

/** What requests are about. */
export interface AdminParts {
  /** Accounts. */
  readonly operator: Operator;
  /** Lines about the server. */
  readonly status: () => Promise<readonly string[]>;
  /** Has the server stop, or says why it cannot. */
  readonly stop: () => Result;
}

/**
 * Answers a request.
 *
 * @param request What is asked.
 * @param parts What it is about.
 * @throws {Error} If the store fails.
 */
export async function answerAdmin(request: AdminRequest, parts: AdminParts): Promise<AdminAnswer> {
  const { operator } = parts;
  switch (request.do) {
    case "status":
      return { ok: true, lines: [...await parts.status()] };
    case "stop":
      return fromResult(parts.stop());
    case "list": {
      const { lines, more } = await operator.list(request.after);
      return { ok: true, lines: [...lines], ...(more === undefined ? {} : { more }) };
    }
    case "allow":
    case "block":
    case "unblock":
    case "reset":
    case "delete":
      return fromResult(await operator[request.do](request.name));
  }
}

function fromResult(result: Result): AdminAnswer {
  return "refused" in result
    ? { ok: false, error: result.refused }
    : { ok: true, lines: [result.text] };
}
