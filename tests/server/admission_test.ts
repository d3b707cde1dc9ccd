// FTC1 §3.11, "wait auth" and "wait proof"; §9 rows 63–69, 74, 82–88.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { chatWith } from "../testing/chat.ts";
import { newcomer } from "../testing/newcomer.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { alice, arrivalAt, bob, chatWithBob, inShort } from "./admission_scene.ts";

const pure = { permissions: "none" } as const;

Deno.test("an unknown name registers, and logs in the next time", pure, async () => {
  await using chat = await chatWith({ users: ["carol"] });
  await chat.login("carol").says("lobby", "hi");
  const first = arrivalAt(chat);
  deepStrictEqual(await first.auth("BOB"), { answer: { t: "auth", user: "bob", known: false } });
  const admitted = await first.registers(bob);
  strictEqual(inShort(admitted), "created bob");
  strictEqual(await chat.service.cursors.get("bob"), chat.service.journal.delivered);
  const again = arrivalAt(chat);
  const salt = "admitted" in admitted ? admitted.admitted.salt : "";
  deepStrictEqual(await again.auth("Bob"), {
    answer: { t: "auth", user: "bob", known: true, kdf: 1, salt },
  });
  strictEqual(inShort(await again.logsIn(bob)), "in bob");
});

Deno.test("an account survives a restart", pure, async () => {
  await using chat = await chatWithBob();
  await chat.restart();
  const arrival = arrivalAt(chat);
  strictEqual(inShort(await arrival.auth("bob")), "auth");
  strictEqual(inShort(await arrival.logsIn(bob)), "in bob");
  strictEqual(chat.service.directory.hasUser("bob"), true);
});

const OUT_OF_PLACE: readonly (readonly [string, string])[] = [
  ['{"t":"send","id":"a","to":"bob","body":"hi"}', "bye bad_state"],
  ['{"t":"login","sig":"AAAA"}', "bye bad_state"],
  ['{"t":"ping"}', "bye bad_state"],
  ['{"t":"nope"}', "bye bad_state"],
  ['{"t":"__proto__"}', "bye bad_state"],
  ['{"t":"auth"}', "bye bad_frame"],
  ['{"t":"auth","user":5}', "bye bad_frame"],
  ['{"t":"auth","user":null}', "bye bad_frame"],
  ['{"t":"auth","user":["bob"]}', "bye bad_frame"],
  ['{"t":"auth","user":{}}', "bye bad_frame"],
  ['{"t":"auth","user":true}', "bye bad_frame"],
  ['{"t":"login","sig":5}', "bye bad_frame"],
  ['{"t":"register","kdf":1}', "bye bad_frame"],
];

for (const [json, end] of OUT_OF_PLACE) {
  Deno.test(`before auth, ${json} ends the connection: ${end}`, pure, async () => {
    await using chat = await chatWithBob();
    strictEqual(inShort(await arrivalAt(chat).step(JSON.parse(json))), end);
  });
}

Deno.test("instead of a proof, anything else ends the connection", pure, async () => {
  await using chat = await chatWithBob();
  for (const json of ['{"t":"auth","user":"bob"}', '{"t":"names","id":1}', '{"t":"nope"}']) {
    const arrival = arrivalAt(chat);
    await arrival.auth("bob");
    strictEqual(inShort(await arrival.step(JSON.parse(json))), "bye bad_state");
  }
});

Deno.test(
  "to register for a known name, or to log in for an unknown one, ends it",
  pure,
  async () => {
    await using chat = await chatWithBob();
    const known = arrivalAt(chat);
    await known.auth("bob");
    strictEqual(inShort(await known.registers(await newcomer("bob", TEST_REALM))), "bye bad_state");
    const unknown = arrivalAt(chat);
    await unknown.auth("alice");
    strictEqual(inShort(await unknown.logsIn(alice)), "bye bad_state");
    const owner = arrivalAt(chat);
    await owner.auth("bob");
    strictEqual(inShort(await owner.logsIn(bob)), "in bob");
  },
);

Deno.test("a bad name is an error; the tenth ends the connection", pure, async () => {
  await using chat = await chatWithBob();
  const arrival = arrivalAt(chat);
  const names = ["", "a b", "../etc", "@x", "x".repeat(4_000), "\0", "\u202e", "help", "аlice"];
  for (const name of names) strictEqual(inShort(await arrival.auth(name)), "bad_name");
  strictEqual(inShort(await arrival.auth("\ud800")), "bad_name, bye bad_name");
});

Deno.test("a bad name does not stand in the way of a good one", pure, async () => {
  await using chat = await chatWithBob();
  const arrival = arrivalAt(chat);
  await arrival.auth("a b");
  await arrival.auth("bob");
  strictEqual(inShort(await arrival.logsIn(bob)), "in bob");
});

Deno.test("a wrong proof may be tried again; the third one ends the connection", pure, async () => {
  await using chat = await chatWithBob();
  const arrival = arrivalAt(chat);
  const wrong = async () => {
    await arrival.auth("bob");
    return inShort(await arrival.logsIn(alice));
  };
  deepStrictEqual([await wrong(), await wrong(), await wrong()], [
    "bad_login",
    "bad_login",
    "bad_login, bye bad_login",
  ]);
});

Deno.test("after a wrong proof the right one is accepted", pure, async () => {
  await using chat = await chatWithBob();
  const arrival = arrivalAt(chat);
  await arrival.auth("bob");
  const step = await arrival.logsIn(alice);
  strictEqual(
    "answer" in step && step.answer?.t === "error" && step.answer.msg,
    "Incorrect password.",
  );
  await arrival.auth("bob");
  strictEqual(inShort(await arrival.logsIn(bob)), "in bob");
});

const SIGNATURES: { readonly [what: string]: string } = {
  "zeros": encodeBase64Url(new Uint8Array(64)),
  "63 octets": encodeBase64Url(new Uint8Array(63)),
  "65 octets": encodeBase64Url(new Uint8Array(65)),
  "padding": `${encodeBase64Url(new Uint8Array(64))}==`,
  "another alphabet": "+/".repeat(43),
  "nothing": "",
};

for (const [what, sig] of Object.entries(SIGNATURES)) {
  Deno.test(`a signature of ${what} is wrong like any other`, pure, async () => {
    await using chat = await chatWithBob();
    const arrival = arrivalAt(chat);
    await arrival.auth("bob");
    strictEqual(inShort(await arrival.step({ t: "login", sig })), "bad_login");
  });
}

Deno.test(
  "a signature made for another connection, or for registering, is wrong",
  pure,
  async () => {
    await using chat = await chatWithBob();
    const [arrival, other] = [arrivalAt(chat), arrivalAt(chat)];
    await arrival.auth("bob");
    strictEqual(inShort(await arrival.step(await bob.login(other.channel))), "bad_login");
    await arrival.auth("bob");
    const { sig } = await bob.register(arrival.channel);
    strictEqual(inShort(await arrival.step({ t: "login", sig })), "bad_login");
  },
);
