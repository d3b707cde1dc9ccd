/**
 * Several people's requests in one turn: decided in the order given, in as few commits as they fit in.
 *
 * What comes through sessions is ordered by when its checks end, which no test can know.
 *
 * @module
 */

import type { Outcome } from "../../server/journal.ts";
import { takeOrder, type WriteType } from "../../server/order_intake.ts";
import type { Service } from "../../server/service.ts";
import type { CommandOf } from "../../protocol/command.ts";

/** Checks all, then submits all; gives `stored`, `known` or the code of the refusal for each. */
export async function atOnce(
  service: Service,
  requests: readonly (readonly [user: string, command: CommandOf<WriteType>])[],
): Promise<string[]> {
  const all = await Promise.all(requests.map(async ([user, command]) => {
    return { user, taken: await takeOrder(command, { user, service }) };
  }));
  return await Promise.all(all.map(({ user, taken }) => {
    if ("refused" in taken) return taken.refused.code;
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = (outcome: Outcome) => {
      taken.done?.(outcome);
      resolve(
        "refused" in outcome ? outcome.refused.code : "known" in outcome ? "known" : "stored",
      );
    };
    service.journal.submit({ request: { user, order: taken.order }, done });
    return promise;
  }));
}
