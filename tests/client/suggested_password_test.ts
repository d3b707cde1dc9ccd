import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Credentials, NoCredentials } from "../../client/credentials.ts";
import { judgePassword } from "../../client/password_rule.ts";
import { suggestPassword } from "../../client/suggested_password.ts";
import { FakeFace } from "./fake_face.ts";

const none = { permissions: "none" } as const;

const WEAK = "kx8#qLp2";

/** A person who answers each question with what he makes of the suggestion he has seen last. */
class Reader extends FakeFace {
  readonly #habit: ((suggested: string) => string)[];

  constructor(...habit: readonly ((suggested: string) => string)[]) {
    super("person");
    this.#habit = [...habit];
  }

  override askHidden(question: string): Promise<string | null> {
    this.questions.push(question);
    const answer = this.#habit.shift();
    return Promise.resolve(answer === undefined ? null : answer(this.suggested));
  }

  get suggested(): string {
    return this.notices.findLast((line) => line.startsWith("Suggested: "))?.slice(11) ?? "";
  }
}

Deno.test(
  "a suggested password has five groups of five base32 characters, all of them used",
  none,
  () => {
    const made = Array.from({ length: 200 }, suggestPassword);
    for (const password of made) {
      match(password, /^[a-z2-7]{5}(?:-[a-z2-7]{5}){4}$/);
      strictEqual(judgePassword(password).type, "good");
    }
    strictEqual(new Set(made).size, 200);
    strictEqual(new Set(made.join("").replaceAll("-", "")).size, 32);
  },
);

Deno.test(
  "after a password that is refused one is suggested; who types it need not repeat it",
  none,
  async () => {
    const face = new Reader(() => "short", (suggested) => suggested);
    const password = await new Credentials(face, {}).newPassword("bob");
    strictEqual(password, face.suggested);
    deepStrictEqual(face.questions, ["New password for bob: ", "New password for bob: "]);
    deepStrictEqual(face.lines, [
      "ERROR: Password too short: at least 8 characters. It is the only key to your history.",
    ]);
    deepStrictEqual(face.notices, [`Suggested: ${password}`]);
  },
);

Deno.test("after a weak one it may be typed instead of repeating the weak one", none, async () => {
  const face = new Reader(() => WEAK, (suggested) => suggested);
  strictEqual(await new Credentials(face, {}).newPassword("bob"), face.suggested);
  match(face.notices[0] ?? "", /^WARNING: .* It is the only key to your history\.$/);
  strictEqual(face.notices.length, 2);
  ok(face.questions[1]?.includes("suggested"));

  const stubborn = new Reader(() => WEAK, () => WEAK);
  strictEqual(await new Credentials(stubborn, {}).newPassword("bob"), WEAK);
});

Deno.test("a suggestion stays the same until the question is answered", none, async () => {
  const seen: string[] = [];
  const face = new Reader(() => "short", (one) => {
    seen.push(one);
    return WEAK;
  }, (two) => {
    seen.push(two);
    return "something else";
  }, (three) => three);
  const password = await new Credentials(face, {}).newPassword("bob");
  deepStrictEqual(seen, [password, password]);
  strictEqual(face.lines.at(-1), "ERROR: The passwords differ.");
});

Deno.test("whose password is good, and a pipe, are suggested nothing", none, async () => {
  const person = new Reader(() => "kx8#qLp2mZv!", () => "kx8#qLp2mZv!");
  await new Credentials(person, {}).newPassword("bob");
  deepStrictEqual(person.notices, []);
  const pipe = new FakeFace("pipe", [WEAK]);
  strictEqual(await new Credentials(pipe, {}).newPassword("bob"), WEAK);
  deepStrictEqual(pipe.notices.map((line) => line.slice(0, 8)), ["WARNING:"]);
  const short = new FakeFace("pipe", ["short"]);
  await rejects(new Credentials(short, {}).newPassword("bob"), NoCredentials);
  deepStrictEqual(short.notices, []);
});
