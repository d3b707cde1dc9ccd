import { deepStrictEqual, notStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import {
  generateSharedSecret,
  helloKey,
  NO_SECRET,
  parseSharedSecret,
} from "../../cipher/shared_secret.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;

Deno.test("without a secret the hello key is the public constant of FTC1 §3.3", pure, async () => {
  strictEqual(
    (await helloKey(NO_SECRET)).toBase64({ alphabet: "base64url" }),
    "x2fkNoY9O-uPqXDvOx7xg57HauxSfDzNfmT4UEGM1sE=",
  );
});

for (const vector of l1.handshake) {
  Deno.test(`${vector.comment}: hello key`, pure, async () => {
    strictEqual((await helloKey(Uint8Array.fromHex(vector.psk))).toHex(), vector.hello_key);
  });
}

Deno.test("a secret file holds one Fernet key, a line feed may follow", pure, () => {
  const psk = l1.handshake[1]?.psk;
  strictEqual(parseSharedSecret(l1.fernet_psk_key).toHex(), psk);
  strictEqual(parseSharedSecret(l1.fernet_psk_key + "\n").toHex(), psk);
});

Deno.test("a secret that was made can be read, and is new every time", pure, () => {
  const secret = generateSharedSecret();
  deepStrictEqual(parseSharedSecret(secret).length, 32);
  notStrictEqual(generateSharedSecret(), secret);
});

const refused = [
  ["nothing", ""],
  ["a passphrase", "correct horse battery staple"],
  ["a passphrase of 44 characters", "correcthorsebatterystaple_correcthorsebatter"],
  ["31 octets", new Uint8Array(31).fill(1).toBase64({ alphabet: "base64url" })],
  ["two line feeds", l1.fernet_psk_key + "\n\n"],
  ["a blank in front", " " + l1.fernet_psk_key],
  ["no padding", l1.fernet_psk_key.slice(0, -1)],
] as const;

for (const [what, text] of refused) {
  Deno.test(`a secret file is refused: ${what}`, pure, () => {
    throws(() => parseSharedSecret(text), {
      name: "RangeError",
      message: "Cannot read shared secret: expected one Fernet key, 44 characters of base64url",
    });
  });
}

Deno.test("32 zero octets are no secret", pure, () => {
  throws(() => parseSharedSecret("A".repeat(43) + "="), { name: "RangeError", message: /zero/ });
});

Deno.test("a hello key needs 32 octets", pure, async () => {
  await rejects(helloKey(new Uint8Array(16)), RangeError);
});
