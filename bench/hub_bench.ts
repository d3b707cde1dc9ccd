/**
 * What it costs to decide about a message: look-ups in memory, no storing, no telling.
 *
 * `deno bench -A bench/hub_bench.ts`. The bodies to a user and to a group are real tokens of texts
 * of 100 octets, made before.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import { Hub } from "../server/hub.ts";
import { DEFAULT_POLICY } from "../server/policy.ts";
import { chatWith } from "../tests/testing/chat.ts";
import { SealedConversation } from "../tests/testing/sealed.ts";
import { BODY_OCTETS } from "./lobby_messages.ts";

/** Members of the group, as in the loads. */
const MEMBERS = 100;

const TEXT = "x".repeat(BODY_OCTETS);

const users = Array.from({ length: MEMBERS - 1 }, (_, n) => `member${n}`);
const chat = await chatWith({
  users: ["bob", "alice", ...users],
  groups: { team: ["bob", ...users] },
});
const { service, clients } = chat;
const bob = chat.login("bob");
// Online, and the conversation open: no message after the first one changes the state.
chat.login("alice");
await bob.says("alice", "hi");
const direct = await clients.openDirect(bob, "alice");
if (!(direct instanceof SealedConversation)) {
  throw new Error("Cannot begin: no direct conversation");
}
const team = clients.group(bob, "team");
if (team.names.length !== MEMBERS) throw new Error("Cannot begin: the group is not complete");
const keys = await clients.person("bob");

const orders = {
  "the lobby": { t: "send", id: "m", to: "lobby", body: TEXT },
  "a user": await direct.seal(keys, TEXT, { id: "m", to: "alice" }),
  [`a group of ${MEMBERS}`]: await team.seal(keys, TEXT, { id: "m", to: "team" }),
} satisfies { readonly [to: string]: CommandOf<"send"> };

const hub = new Hub({ ...service, policy: DEFAULT_POLICY });
let ids = 0;
const moment = { now: chat.now, nextId: () => ++ids };
const group = "decide about a message";
const names = new Map(users.map((user) => [user, 1]));

Deno.bench("a look-up in a map", { group, baseline: true }, () => void names.get("member50"));
for (const [to, order] of Object.entries(orders)) {
  Deno.bench(`to ${to}`, { group }, () => {
    const decision = hub.decide({ user: "bob", order }, moment);
    if ("refused" in decision) throw new Error(`Cannot go on: ${decision.refused.code}`);
  });
}
