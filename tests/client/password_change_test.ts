import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Credentials } from "../../client/credentials.ts";
import { startTestServer } from "../testing/test_server.ts";
import { FakeFace } from "./fake_face.ts";
import { PASSWORD, runClient, until } from "./scripted_server.ts";

Deno.test("a change of the password ends the other sessions, which ask for the new one", async () => {
  await using server = await startTestServer();
  const parts = { fingerprint: server.identity.fingerprint };
  const desk = new FakeFace("person", ["y"]);
  const atDesk = runClient(server.port, desk, parts);
  await until(() => desk.lines.includes("Welcome to the chatroom, bob!"));
  const phone = new FakeFace("person");
  const onPhone = runClient(server.port, phone, parts);
  await until(() => phone.lines.includes("Welcome to the chatroom, bob!"));

  for (const answer of ["@password", PASSWORD, "a better password", "a better password"]) {
    desk.types(answer);
  }
  await until(() => desk.lines.includes("Password changed."));
  await until(() => phone.questions.length === 1);
  phone.types("a better password");
  await until(() => phone.notices.includes("Connected again."));
  phone.types("hello from the phone");
  await until(() => desk.lines.includes("[bob]: hello from the phone"));
  for (const face of [desk, phone]) face.types("@quit");
  deepStrictEqual(await Promise.all([atDesk, onPhone]), [0, 0]);

  const old = new FakeFace("pipe", [null]);
  strictEqual(await runClient(server.port, old, parts), 1);
  deepStrictEqual(old.lines, ["ERROR: Incorrect password."]);
  const face = new FakeFace("pipe", [null]);
  const credentials = new Credentials(face, { user: "bob", password: "a better password" });
  strictEqual(await runClient(server.port, face, { ...parts, credentials }), 0);
});
