// FTC1 §4.4, §4.7, §7.3 and PRODUCT §3: what an operator can do with accounts, and what it leaves behind.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Operator, type Result } from "../../server/operator.ts";
import { type Chat, chatWith } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const DAY_MS = 86_400_000;
const users = ["alice", "bob", "carol"] as const;

type Order = "allow" | "block" | "unblock" | "reset" | "delete";

async function order(chat: Chat, what: Order, user: string): Promise<string> {
  const result: Result = await new Operator(chat.service)[what](user);
  return "text" in result ? result.text : `refused: ${result.refused}`;
}

/** Whether somebody could register under a name. */
function isFree(chat: Chat, user: string): boolean {
  const { accounts, directory } = chat.service;
  return !directory.hasUser(user) && !accounts.isTaken(user);
}

for (const what of ["delete", "reset"] as const) {
  Deno.test(
    `${what}: the account is in no group any more, without a word; the owner removes it from the list`,
    pure,
    async () => {
      await using chat = await chatWith({
        users,
        groups: { team: ["bob", "alice", "carol"], club: ["alice", "bob"] },
      });
      const alice = chat.login("alice");
      await order(chat, what, "bob");
      deepStrictEqual(alice.sees(), []);
      for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
        await restart();
        const again = chat.login("alice");
        // He cannot open what is sent, and does not stop the others (FTC1 §7.4).
        strictEqual((await again.says("club", "still here")).t, "ack");
        strictEqual((await again.says("team", "still here")).t, "ack");
        strictEqual(chat.service.conversations.groupOf("club", "bob"), null);
        strictEqual(chat.service.conversations.groupOf("team", "alice")?.members.has("bob"), false);
        again.leave();
      }
      alice.sees();
      strictEqual(await chat.login("alice").groups("remove", "club", ["bob"]), "ok");
      deepStrictEqual(chat.login("alice").sees(), []);
      deepStrictEqual(
        (await chat.login("alice").rereads("club")).at(-1),
        "Group club: alice removed bob",
      );
      // The server's word alone never moves ownership.
      strictEqual(
        await chat.login("alice").groups("remove", "team", ["bob"]),
        "not_owner: Only the owner of team can do that.",
      );
    },
  );

  Deno.test(`${what}: a group of which he was the last member is gone`, pure, async () => {
    await using chat = await chatWith({ users, groups: { duo: ["bob", "alice"] } });
    await chat.login("alice").groups("leave", "duo");
    await order(chat, what, "bob");
    strictEqual(chat.service.conversations.groupNamed("duo")?.deletedAt, chat.now);
  });

  Deno.test(
    `${what}: a new bob reads nothing of the old one; the others keep all`,
    pure,
    async () => {
      await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
      const [alice, bob] = [chat.login("alice"), chat.login("bob")];
      await bob.says("alice", "one");
      await alice.says("bob", "two");
      await bob.says("bob", "to myself");
      await bob.says("team", "to the team");
      await order(chat, what, "bob");
      chat.now += 31 * DAY_MS;
      const old = ["[DM from bob]: one", "[DM to bob]: two"];
      // Alone, before there is a new one.
      deepStrictEqual(await chat.login("alice").rereads("bob"), old);
      await chat.addAccount("bob");
      for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
        await restart();
        deepStrictEqual(await chat.login("bob").rereads(), []);
        deepStrictEqual(await chat.login("bob").rereads("alice"), []);
        strictEqual(
          sentence(await chat.login("bob").asks({ t: "history", of: "team", limit: 9 })),
          "no_user: User team does not exist.",
        );
      }
      await chat.login("alice").says("bob", "are you new?");
      await chat.login("bob").says("alice", "yes");
      const fresh = ["[DM to bob]: are you new?", "[DM from bob]: yes"];
      for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
        await restart();
        deepStrictEqual(await chat.login("alice").rereads("bob"), [...old, ...fresh]);
        deepStrictEqual(await chat.login("bob").rereads("alice"), [
          "[DM from alice]: are you new?",
          "[DM to alice]: yes",
        ]);
      }
    },
  );

  Deno.test(`${what}: live sessions end with an error and a goodbye`, pure, async () => {
    await using chat = await chatWith({ users });
    const [one, two, alice] = [chat.login("bob"), chat.login("bob"), chat.login("alice")];
    ok((await order(chat, what, "bob")).endsWith("Sessions ended: 2."));
    for (const session of [one, two]) {
      strictEqual(session.ending, "deleted");
      const last = session.events.at(-1);
      strictEqual(last?.t === "error" && last.code, "deleted");
    }
    deepStrictEqual(alice.events, [{ t: "left", user: "bob" }]);
    strictEqual(chat.service.presence.isOnline("bob"), false);
    strictEqual(
      sentence(await one.says("alice", "too late")),
      "deleted: The operator of this server has deleted or reset your account.",
    );
  });

  Deno.test(
    `${what}: an account in 120 groups ends in commits that the store takes`,
    pure,
    async () => {
      const names = Array.from({ length: 120 }, (_, i) => `group${i}`);
      await using chat = await chatWith({
        users,
        groups: Object.fromEntries(names.map((name) => [name, ["bob", "alice"] as const])),
      });
      const alice = chat.login("alice");
      for (const name of names) await alice.groups("leave", name);
      await order(chat, what, "bob");
      strictEqual(chat.service.directory.hasUser("bob"), false);
      for (const name of names) {
        strictEqual(chat.service.conversations.groupNamed(name)?.deletedAt, chat.now);
      }
      strictEqual(chat.service.conversations.groupsOf("bob").length, 0);
    },
  );

  Deno.test(
    `${what}: nothing has happened where the store fails, and it may be done again`,
    pure,
    async () => {
      await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
      chat.store.fail(new Error("disk full"));
      ok((await order(chat, what, "bob")).startsWith("refused: "));
      strictEqual(chat.service.directory.hasUser("bob"), true);
      strictEqual(chat.service.conversations.groupOf("team", "bob")?.owner, "bob");
      chat.store.heal();
      await order(chat, what, "bob");
      strictEqual(chat.service.directory.hasUser("bob"), false);
    },
  );
}

Deno.test("the name of a deleted account is nobody's for 30 days", pure, async () => {
  await using chat = await chatWith({ users });
  strictEqual(
    await order(chat, "delete", "bob"),
    "bob was deleted; the name is free on 2026-12-22. Sessions ended: 0.",
  );
  for (const days of [0, 29.9]) {
    chat.now += days * DAY_MS;
    await chat.restart();
    strictEqual(isFree(chat, "bob"), false, `after ${days} days`);
    strictEqual(
      await chat.login("alice").groups("set", "bob", ["carol"]),
      "name_taken: The name bob is taken.",
    );
    strictEqual(
      await order(chat, "allow", "bob"),
      "refused: deleted; the name is free on 2026-12-22",
    );
  }
  chat.now += 0.1 * DAY_MS;
  strictEqual(isFree(chat, "bob"), true);
  await chat.restart();
  strictEqual(isFree(chat, "bob"), true);
  strictEqual(await chat.login("alice").groups("set", "bob", ["carol"]), "ok");
});

Deno.test("the name of a reset account is free at once, but no group's", pure, async () => {
  await using chat = await chatWith({ users });
  strictEqual(
    await order(chat, "reset", "bob"),
    "bob was reset and may register anew. Sessions ended: 0.",
  );
  for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
    await restart();
    strictEqual(isFree(chat, "bob"), true);
    strictEqual(chat.service.accounts.isAllowed("bob"), true);
    const taken = await chat.login("alice").groups("set", "bob", ["carol"]);
    strictEqual(taken, "name_taken: The name bob is taken.");
  }
});

Deno.test("allow lets a name register, until it is taken back", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  strictEqual(chat.service.accounts.isAllowed("dave"), false);
  strictEqual(await order(chat, "allow", "dave"), "dave may register.");
  await chat.restart();
  strictEqual(chat.service.accounts.isAllowed("dave"), true);
  strictEqual(
    await order(chat, "delete", "dave"),
    "dave had no account, and may not register any more.",
  );
  await chat.restart();
  strictEqual(chat.service.accounts.isAllowed("dave"), false);
  strictEqual(await order(chat, "allow", "bob"), "refused: there is an account bob already");
  strictEqual(await order(chat, "allow", "team"), "refused: team is the name of a group");
});

Deno.test(
  "a blocked account stays a member, and gets what it missed once it is unblocked",
  pure,
  async () => {
    await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
    const bob = chat.login("bob");
    strictEqual(await order(chat, "block", "bob"), "bob is blocked. Sessions ended: 1.");
    strictEqual(bob.ending, "blocked");
    const account = await chat.service.accounts.get("bob");
    ok(account !== null);
    strictEqual(chat.service.accounts.refusal(account)?.code, "blocked");
    strictEqual(sentence(await chat.login("alice").says("team", "while you were blocked")), "ack");
    await chat.restart();
    const again = await chat.service.accounts.get("bob");
    ok(again !== null);
    strictEqual(chat.service.accounts.refusal(again)?.code, "blocked");
    strictEqual(
      await order(chat, "reset", "bob"),
      "refused: the account bob is blocked; unblock it first",
    );
    strictEqual(await order(chat, "unblock", "bob"), "bob is not blocked any more.");
    strictEqual(chat.service.accounts.refusal(again), null);
    deepStrictEqual(
      (await chat.login("bob").rereads("team")).at(-1),
      "[Group: team] alice: while you were blocked",
    );
    strictEqual(await order(chat, "unblock", "bob"), "refused: the account bob is not blocked");
  },
);

Deno.test("an account that does not exist is named with the closest one", pure, async () => {
  await using chat = await chatWith({ users });
  for (const what of ["block", "unblock", "reset", "delete"] as const) {
    const refused = "refused: there is no account bbo; did you mean bob?";
    strictEqual(await order(chat, what, "bbo"), refused);
  }
});

Deno.test(
  "an account read before its end is refused, also when the name has a new one",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const { accounts } = chat.service;
    const old = await accounts.get("bob");
    ok(old !== null);
    strictEqual(accounts.refusal(old), null);
    await order(chat, "reset", "bob");
    strictEqual(accounts.refusal(old)?.code, "deleted");
    await chat.addAccount("bob");
    strictEqual(accounts.refusal(old)?.code, "deleted");
    const fresh = await accounts.get("bob");
    ok(fresh !== null);
    strictEqual(accounts.refusal(fresh), null);
  },
);

Deno.test(
  "ids grow past the end of an account, also over a restart with a clock set back",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    await bob.says("alice", "one");
    chat.now += 5_000;
    await order(chat, "reset", "bob");
    chat.now -= 3_600_000;
    await chat.restart();
    await chat.addAccount("bob");
    await chat.login("alice").says("bob", "two");
    await chat.restart();
    deepStrictEqual(await chat.login("bob").rereads("alice"), ["[DM from alice]: two"]);
  },
);

Deno.test(
  "the list comes in pages, each account once, with names that have none",
  pure,
  async () => {
    const many = Array.from({ length: 450 }, (_, i) => `user${String(i).padStart(3, "0")}`);
    await using chat = await chatWith({ users: many });
    chat.login("user007");
    await order(chat, "block", "user007");
    await order(chat, "allow", "aaron");
    await order(chat, "delete", "user300");
    await order(chat, "allow", "zoe");
    const operator = new Operator(chat.service);
    const lines: string[] = [];
    let pages = 0;
    for (let after: string | undefined = ""; after !== undefined; pages++) {
      const page = await operator.list(after);
      lines.push(...page.lines);
      after = page.more;
    }
    strictEqual(pages, 3);
    deepStrictEqual(lines.map((line) => line.split(" ")[0]), ["aaron", ...many, "zoe"]);
    const line = (user: string) =>
      lines.find((one) => one.startsWith(`${user} `))?.replace(/ +/g, " ");
    strictEqual(lines[1]?.replace(/ +/g, " "), "user000 2026-11-22");
    strictEqual(line("user007"), "user007 2026-11-22 blocked");
    strictEqual(line("user300"), "user300 - deleted; the name is free on 2026-12-22");
    strictEqual(line("zoe"), "zoe - allowed to register");
  },
);
