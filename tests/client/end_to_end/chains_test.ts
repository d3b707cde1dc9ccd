import { rejects, strictEqual } from "node:assert/strict";
import type { EventOf } from "../../../protocol/event.ts";
import { deskOf, EpochServer } from "./epoch_server.ts";

/** Answers without the record, as where an epoch is made between two pages; so many times. */
function torn(times: number): (answer: EventOf<"epochs">) => EventOf<"epochs"> {
  let left = times;
  return (answer) => left-- > 0 ? { ...answer, pieces: answer.pieces.slice(1) } : answer;
}

for (const [times, what] of [[1, "is asked for again"], [9, "is refused in the end"]] as const) {
  Deno.test(`a chain whose pieces do not fit together ${what}`, async () => {
    const server = new EpochServer();
    const [alice, bob] = [await server.newcomer("alice"), await server.newcomer("bob")];
    const { conversation: id } = await server.group(alice, [bob]);
    const { parts: { chains, inquiry, idle } } = await deskOf(server, bob);
    server.lie = torn(times);
    const chain = chains.get({ kind: "group", name: "team", id });
    if (times > 1) await rejects(chain, { name: "BadChain", reason: "pieces" });
    else strictEqual((await chain).head?.epoch, 0);
    await idle();
    inquiry.disconnected();
  });
}
