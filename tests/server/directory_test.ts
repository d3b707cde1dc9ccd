import { strictEqual } from "node:assert/strict";
import { Directory } from "../../server/directory.ts";

const pure = { permissions: "none" } as const;

function directoryOf(...users: readonly string[]): Directory {
  const directory = new Directory();
  for (const user of users) directory.addUser(user, []);
  return directory;
}

Deno.test("an account is there once it has been entered", pure, () => {
  const directory = directoryOf("bob", "alice", "bob");
  strictEqual(directory.size, 2);
  strictEqual(directory.hasUser("bob"), true);
  strictEqual(directory.hasUser("eve"), false);
});

Deno.test("a name is held by one at a time, and free again afterwards", pure, () => {
  const directory = directoryOf();
  const hold = directory.hold("team");
  strictEqual(directory.isHeld("team"), true);
  strictEqual(directory.hold("team"), null);
  strictEqual(directory.hold("other") === null, false);
  hold?.[Symbol.dispose]();
  strictEqual(directory.isHeld("team"), false);
  strictEqual(directory.hold("team") === null, false);
});

Deno.test("the name of a user cannot be held", pure, () => {
  strictEqual(directoryOf("bob").hold("bob"), null);
});

Deno.test("the closest name is looked for among users and one's own groups", pure, () => {
  const directory = directoryOf("alice", "bob");
  strictEqual(directory.closest("alcie", []), "alice");
  strictEqual(directory.closest("teem", ["team"]), "team");
  strictEqual(directory.closest("teem", []), null);
  strictEqual(directory.closest("alica", ["malice", "alicat"]), "alicat");
  strictEqual(directory.closest("alicf", ["alicefx"]), "alice");
});
