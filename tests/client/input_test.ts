import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Action, parseLine } from "../../client/input.ts";

const none = { permissions: "none" } as const;

function table(rows: Readonly<Record<string, Action>>): void {
  for (const [line, action] of Object.entries(rows)) deepStrictEqual(parseLine(line), action, line);
}

function send(to: Extract<Action, { type: "send" }>["to"], body: string): Action {
  return { type: "send", to, body };
}

function refused(text: string, message = false): Action {
  return { type: "refused", text, message };
}

const current = { kind: "current" } as const;

Deno.test("text without @ goes to the current conversation, to the letter", none, () => {
  table({
    "hello": send(current, "hello"),
    "  two blanks before and behind  ": send(current, "  two blanks before and behind  "),
    "mail me: a@b.c": send(current, "mail me: a@b.c"),
  });
});

Deno.test("@@ sends a text that begins with @", none, () => {
  table({
    "@@alice hi": send(current, "@alice hi"),
    "@@names": send(current, "@names"),
    "@@": send(current, "@"),
    "@@@": send(current, "@@"),
  });
});

Deno.test("@name and a text is a message, kept to the letter after the first blank", none, () => {
  table({
    "@alice hi": send({ kind: "name", name: "alice" }, "hi"),
    "@ALICE  hi ": send({ kind: "name", name: "alice" }, " hi "),
    "@alice\thi": send({ kind: "name", name: "alice" }, "hi"),
    "  @alice hi": send({ kind: "name", name: "alice" }, "hi"),
    "@lobby hi": send({ kind: "lobby" }, "hi"),
    "@group send G hi  there": send({ kind: "group", name: "g" }, "hi  there"),
  });
});

Deno.test("@name alone makes it the current conversation", none, () => {
  table({
    "@alice": { type: "choose", name: "alice" },
    "@alice  ": { type: "choose", name: "alice" },
    "@lobby": { type: "choose", name: "lobby" },
  });
});

Deno.test("an exact command word is a command", none, () => {
  table({
    "@names": { type: "names" },
    "@quit ": { type: "quit" },
    "@history 5": { type: "history", count: 5 },
    "@history 1000 Alice": { type: "history", count: 1000, of: "alice" },
    "@history 1 lobby": { type: "history", count: 1, of: "lobby" },
    "@group set G a,b,c": { type: "group_set", group: "g", members: ["a", "b", "c"] },
    "@group set G a, B ,,a": { type: "group_set", group: "g", members: ["a", "b"] },
    "@group add G a": { type: "group_add", group: "g", members: ["a"] },
    "@group remove G a,b": { type: "group_remove", group: "g", members: ["a", "b"] },
    "@group leave G": { type: "group_leave", group: "g" },
    "@group delete G": { type: "group_delete", group: "g" },
    "@group list": { type: "group_list" },
    "@group info G": { type: "group_info", group: "g" },
    "@help": { type: "help" },
    "@password": { type: "password" },
    "@rekey": { type: "rekey" },
    "@verify Bob": { type: "verify", name: "bob", compared: false },
    "@verify bob ok ": { type: "verify", name: "bob", compared: true },
    "@trust bob": { type: "trust", name: "bob" },
    "@trust": { type: "trust", name: null },
  });
});

Deno.test(
  "a command with wrong arguments is answered with its usage, and nothing is sent",
  none,
  () => {
    const usage: Readonly<Record<string, string>> = {
      "@names now": "@names",
      "@quit now": "@quit",
      "@group": "@group set|send|add|remove|leave|delete|list|info …",
      "@group set": "@group set G a,b,c",
      "@group set G": "@group set G a,b,c",
      "@group set G ,": "@group set G a,b,c",
      "@group send G": "@group send G text",
      "@group send G  ": "@group send G text",
      "@group add G": "@group add G a,b",
      "@group remove": "@group remove G a,b",
      "@group leave": "@group leave G",
      "@group leave G H": "@group leave G",
      "@group info": "@group info G",
      "@group list all": "@group list",
      "@rekey now": "@rekey",
      "@verify": "@verify NAME [ok]",
      "@verify bob yes": "@verify NAME [ok]",
      "@verify bob ok ok": "@verify NAME [ok]",
      "@trust bob carol": "@trust [NAME]",
    };
    for (const [line, text] of Object.entries(usage)) {
      table({
        [line]: { type: "usage", usage: text },
      });
    }
  },
);

Deno.test("the number of @history is 1 to 1,000 in plain digits", none, () => {
  const wrong = [
    "",
    "0",
    "-1",
    "1.5",
    "1e9",
    "5x",
    "1001",
    "9".repeat(400),
    "٥",
    "x",
    "5 alice bob",
  ];
  for (const n of wrong) {
    table({ [`@history ${n}`]: { type: "usage", usage: "@history n [name]" } });
  }
});

Deno.test(
  "a word that cannot be a name is an unknown command, and the closest is named",
  none,
  () => {
    table({
      "@": refused("Unknown command @."),
      "@ hello": refused("Unknown command @.", true),
      "@Names": refused("Unknown command @Names. Did you mean @names?"),
      "@a/b hi": refused("Unknown command @a/b.", true),
      "@help!": refused("Unknown command @help!. Did you mean @help?"),
      "@group sed G hi": refused("Unknown command @group sed. Did you mean @group send?"),
      "@help nmaes": refused("Unknown command @nmaes. Did you mean @names?"),
      "@help verfy": refused("Unknown command @verfy. Did you mean @verify?"),
      "@Trust": refused("Unknown command @Trust. Did you mean @trust?"),
      [`@${"x".repeat(4000)}`]: refused(`Unknown command @${"x".repeat(40)}….`),
    });
  },
);

Deno.test("names that cannot exist are refused as the server would", none, () => {
  table({
    "@group leave ../etc": refused("No group ../etc that you are in."),
    "@group send a/b hi": refused("No group a/b that you are in.", true),
    "@history 5 a/b": refused("User a/b does not exist."),
    "@verify a/b ok": refused("User a/b does not exist."),
    "@trust lobby": refused("User lobby does not exist."),
    "@group set lobby a": refused(
      "lobby cannot be a name: 1 to 32 letters, digits, . _ - (first and last a letter or digit), " +
        "and no command word.",
    ),
  });
});

Deno.test("a group of more names than it may have is refused here", none, () => {
  const names = Array.from({ length: 1_002 }, (_, i) => `n${i}`).join(",");
  table({ [`@group set G ${names}`]: refused("A group has at most 1,000 other members.") });
});

Deno.test("a text that is too long is refused with its size", none, () => {
  table({
    ["x".repeat(4_321)]: refused("Message too long (4,321 of 4,000 characters).", true),
    [`@alice ${"😀".repeat(4_001)}`]: refused(
      "Message too long (4,001 of 4,000 characters).",
      true,
    ),
    ["😀".repeat(4_000)]: send(current, "😀".repeat(4_000)),
  });
});

Deno.test(
  "control characters are refused; the carriage return of a Windows line is none",
  none,
  () => {
    table({
      "a\x1b[31m": refused("Message contains control characters.", true),
      "a\rb": refused("Message contains control characters.", true),
      "hello\r": send(current, "hello"),
      "@names\r": { type: "names" },
    });
  },
);

Deno.test("a line with nothing to see is nothing", none, () => {
  for (const line of ["", " ", "\t", "\r", "\u200b", "@lobby \u200b"]) {
    deepStrictEqual(parseLine(line), { type: "nothing" }, JSON.stringify(line));
  }
});

Deno.test("@help explains one command, or all of @group", none, () => {
  const words = (line: string) => {
    const action = parseLine(line);
    return action.type === "help" ? action.commands?.map(({ word }) => word) : action.type;
  };
  deepStrictEqual(words("@help history"), ["history", "history more"]);
  deepStrictEqual(words("@help @search"), ["search"]);
  deepStrictEqual(words("@help group set"), ["group set"]);
  strictEqual(words("@help group")?.length, 8);
});

Deno.test("@password stands alone: a password is never part of a line", none, () => {
  table({
    "@password": { type: "password" },
    "@password secret": { type: "usage", usage: "@password" },
  });
});

Deno.test("every line means something, and a text that is sent is what was typed", none, () => {
  const line = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("@", " ", "g", "r", "o", "u", "p", "/", "\t", ",", "1") }),
  );
  fc.assert(fc.property(line, (typed) => {
    const action = parseLine(typed);
    if (action.type === "send") strictEqual(typed.replace(/\r$/, "").endsWith(action.body), true);
  }));
});
