import { strictEqual } from "node:assert/strict";
import { COMMON_LONG_PASSWORDS } from "../../client/common_passwords.ts";
import { judgePassword, passwordFault } from "../../client/password_rule.ts";

const none = { permissions: "none" } as const;

Deno.test("a new password of fewer than eight characters is refused", none, () => {
  const advice = judgePassword("1234567");
  strictEqual(advice.type, "refused");
  strictEqual(
    "text" in advice && advice.text,
    "Password too short: at least 8 characters. It is the only key to your history.",
  );
  strictEqual(judgePassword("😀".repeat(7)).type, "refused");
});

Deno.test("one of fewer than twelve gets a warning", none, () => {
  const advice = judgePassword("kx8#qLp2");
  strictEqual(advice.type, "weak");
  strictEqual(
    "text" in advice && advice.text.endsWith("It is the only key to your history."),
    true,
  );
  strictEqual(judgePassword("kx8#qLp2mZv").type, "weak");
  strictEqual(judgePassword("kx8#qLp2mZv!").type, "good");
});

Deno.test("one that many people have gets a warning, however long it is", none, () => {
  for (
    const common of [
      "passwordpassword",
      "PasswordPassword",
      "qwertyuiopasdf",
      "abcabcabcabc",
      "111111111111",
      "abcdefghijklmnop",
      "zyxwvutsrqpo",
      "correct horse battery staple",
    ]
  ) strictEqual(judgePassword(common).type, "weak", common);
});

Deno.test("the list holds what can matter: twelve characters or more, in lower case", none, () => {
  for (const password of COMMON_LONG_PASSWORDS) {
    strictEqual([...password].length >= 12 && password === password.toLowerCase(), true, password);
  }
});

Deno.test("what no account can have is refused with the reason", none, () => {
  strictEqual(passwordFault(""), "The password is empty.");
  strictEqual(passwordFault("x".repeat(1_025)), "Password too long: at most 1,024 octets.");
  strictEqual(passwordFault("a\x07b"), "The password contains control characters.");
  strictEqual(passwordFault("old"), null);
});
