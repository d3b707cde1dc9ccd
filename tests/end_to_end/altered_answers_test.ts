import { deepStrictEqual } from "node:assert/strict";
import { decodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin } from "../../cipher/login.ts";
import { sealVault } from "../../cipher/vault.ts";
import { AlteredServer } from "../testing/altered_server.ts";
import { past } from "../testing/lines.ts";
import { passwordOf } from "../testing/scene.ts";

Deno.test("row 105: a vault of another user, of another realm, or cut: an error, and the lobby goes on", async (t) => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  bob.types("@team one");
  await alice.sees("[Group: team] bob: one");
  await alice.quits();
  const { salt, vault } = server.lastTold("alice", "welcome");
  const realm = new Uint8Array(16).fill(3);
  const keys = await deriveLogin(passwordOf("alice"), {
    realm: server.realm,
    user: "alice",
    salt: decodeBase64Url(salt),
  });
  const { root } = await server.keysOf("alice");
  const vaults = {
    "of another user": server.lastTold("bob", "welcome").vault,
    "in another user's name": await sealVault(keys.vaultKey, {
      realm: server.realm,
      user: "bob",
      root,
    }),
    "of another realm": await sealVault(keys.vaultKey, { realm, user: "alice", root }),
    "cut": vault.slice(0, -24),
    "empty": "",
  };
  const why = "the vault of this account cannot be opened";
  for (const [what, shown] of Object.entries(vaults)) {
    await t.step(what, async () => {
      server.alter(
        "alice",
        (event) => event.t === "welcome" ? [{ ...event, vault: shown }] : [event],
      );
      const locked = await server.login("alice");
      locked.types("@bob hello", "@team hello", "@group set pals bob", "@verify bob", "hello all");
      await locked.sees(...Array<string>(4).fill(`ERROR: Not done: ${why}.`), "[alice]: hello all");
      await bob.out.until("[alice]: hello all");
      bob.types("@team two");
      await locked.sees(`[not shown]: message from bob in team: ${why}`);
      await locked.quits(3);
    });
  }
  const sent = new Set(server.asked("alice", "send").map(({ to }) => to));
  deepStrictEqual([...sent], ["lobby"]);
  server.isHonestTo("alice");
  const again = await server.login("alice");
  again.types("@history 1 team");
  await again.sees("--- Last 1 Messages ---", past("[Group: team] bob: two"));
  await again.quits();
});

Deno.test("a message that the server has stored and says it refused: the user sees both, and the next one is no replay", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  server.alter(
    "alice",
    (event) =>
      event.t === "ack"
        ? [{
          t: "error",
          re: event.re,
          code: "storage",
          msg: "The server cannot store anything now.",
        }]
        : [event],
  );
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  // Which of the two comes first is the server's business.
  const lines = [await alice.out.until(/one|ERROR/), await alice.out.until(/one|ERROR/)];
  deepStrictEqual(lines.sort(), [
    "ERROR: The server cannot store anything now.",
    "[Group: team] alice: one",
  ]);
  server.isHonestTo("alice");
  alice.types("@team two");
  await bob.sees("[Group: team] alice: two");
  await alice.sees("[Group: team] alice: two");
  await alice.quits(3);
});

Deno.test("a server that answers stale_epoch for ever: an error after so many tries, and nothing is lost", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  server.answer(
    "alice",
    (command) =>
      command.t === "send" && command.to !== "lobby"
        ? [{ t: "error", re: command.id, code: "stale_epoch", msg: "The keys have changed." }]
        : null,
  );
  alice.types("@team one", "one");
  await alice.sees(
    "ERROR: The keys of this conversation change too fast. Try again.",
    "[alice]: one",
  );
  const tries = server.asked("alice", "send").filter(({ to }) => to === "team");
  deepStrictEqual(tries.length, 32);
  deepStrictEqual(new Set(tries.map(({ id }) => id)).size, 1);
  server.isHonestTo("alice");
  alice.types("@team two");
  await alice.sees("[Group: team] alice: two");
  // No counter is missing: what was refused leaves no gap.
  await bob.sees("[alice]: one", "[Group: team] alice: two");
  alice.types("@team three");
  await bob.sees("[Group: team] alice: three");
  await alice.sees("[Group: team] alice: three");
  await alice.quits(3);
});
