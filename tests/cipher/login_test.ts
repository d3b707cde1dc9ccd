import { notDeepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { argon2id } from "../../cipher/argon2id.ts";
import { utf8 } from "../../cipher/bytes.ts";
import { importEd25519, signEd25519 } from "../../cipher/ed25519.ts";
import {
  deriveLogin,
  signLogin,
  signPasswd,
  signRegister,
  verifyLogin,
  verifyPasswd,
  verifyRegister,
} from "../../cipher/login.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const bytes = (hex: string) => Uint8Array.fromHex(hex);
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

for (const { login, realm, channel_binding } of l1.handshake) {
  if (login === undefined) continue;
  const scope = { realm: bytes(realm), salt: bytes(login.salt), user: login.user };
  const context = { ...scope, channelBinding: bytes(channel_binding) };

  Deno.test(`vector of ${login.user}: Argon2id with the parameters of kdf 1`, pure, async () => {
    const cost = { memory: 65_536, passes: 3, lanes: 4 };
    const output = await argon2id(utf8(login.password), bytes(login.argon2_salt), cost);
    strictEqual(output.toHex(), login.argon2_output);
  });

  Deno.test(`vector of ${login.user}: keys and signatures`, pure, async () => {
    const keys = await deriveLogin(login.password, scope);
    strictEqual(keys.publicKey.toHex(), login.login_public);
    strictEqual(keys.vaultKey.toHex(), login.vault_key);
    strictEqual(keys.signKey.extractable, false);
    const { signKey, publicKey } = keys;
    strictEqual((await signLogin(signKey, context)).toHex(), login.login_signature);
    const register = await signRegister(signKey, { ...context, publicKey });
    strictEqual(register.toHex(), login.register_signature);
  });

  Deno.test(`vector of ${login.user}: change of password`, pure, async () => {
    const { privateKey, publicKey } = await importEd25519(bytes(login.login_seed));
    const message = bytes(login.passwd_message);
    const changed = { ...context, salt: message.slice(-48, -32), publicKey: message.slice(-32) };
    const signature = await signPasswd(privateKey, changed);
    strictEqual(signature.toHex(), (await signEd25519(privateKey, message)).toHex());
    ok(await verifyPasswd(signature, changed, { signer: publicKey }));
  });
}

const context = { channelBinding: filled(32, 1), realm: filled(16, 2), user: "alice" };

async function scene() {
  const { privateKey, publicKey } = await importEd25519(filled(32, 3));
  const login = { ...context, publicKey, salt: filled(16, 4) };
  return { key: privateKey, publicKey, login };
}

const elsewhere = [
  ["another connection", { channelBinding: filled(32, 9) }],
  ["another realm", { realm: filled(16, 9) }],
  ["another name", { user: "alicf" }],
] as const;

for (const [what, change] of elsewhere) {
  Deno.test(`a signature is worth nothing for ${what}`, pure, async () => {
    const { key, login, publicKey } = await scene();
    const there = { ...login, ...change };
    ok(await verifyLogin(await signLogin(key, login), login));
    ok(await verifyRegister(await signRegister(key, login), login));
    strictEqual(await verifyLogin(await signLogin(key, login), there), false);
    strictEqual(await verifyRegister(await signRegister(key, login), there), false);
    const passwd = await signPasswd(key, login);
    strictEqual(await verifyPasswd(passwd, there, { signer: publicKey }), false);
  });
}

Deno.test(
  "login, registration and change of password do not stand for each other",
  pure,
  async () => {
    const { key, login, publicKey } = await scene();
    const register = await signRegister(key, login);
    strictEqual(await verifyLogin(register, login), false);
    strictEqual(await verifyPasswd(register, login, { signer: publicKey }), false);
    strictEqual(await verifyRegister(await signLogin(key, login), login), false);
  },
);

Deno.test("a registration with a salt or key of another length is refused", pure, async () => {
  const { key, login, publicKey } = await scene();
  const signature = await signRegister(key, login);
  for (const change of [{ salt: filled(15, 4) }, { publicKey: filled(31, 4) }]) {
    const wrong = { ...login, ...change };
    strictEqual(await verifyRegister(signature, wrong), false);
    strictEqual(await verifyPasswd(signature, wrong, { signer: publicKey }), false);
    await rejects(signRegister(key, wrong), RangeError);
    await rejects(signPasswd(key, wrong), RangeError);
  }
});

for (const sign of ["00", "80"]) {
  Deno.test(
    `a key of order 1 with sign ${sign} and its universal signature is refused`,
    pure,
    async () => {
      const { key, login } = await scene();
      const small = bytes("01" + "00".repeat(30) + sign);
      const universal = bytes("01" + "00".repeat(63));
      const forged = { ...login, publicKey: small };
      strictEqual(await verifyLogin(universal, forged), false);
      strictEqual(await verifyRegister(universal, forged), false);
      strictEqual(await verifyPasswd(universal, login, { signer: small }), false);
      const changed = await signPasswd(key, forged);
      strictEqual(await verifyPasswd(changed, forged, { signer: login.publicKey }), false);
    },
  );
}

Deno.test("the same password is another login in another realm", pure, async () => {
  const scope = { salt: filled(16, 4), user: "alice" };
  const [here, there] = await Promise.all(
    [1, 2].map((value) => deriveLogin("correct horse", { ...scope, realm: filled(16, value) })),
  );
  notDeepStrictEqual(here?.publicKey, there?.publicKey);
});

Deno.test("no login is derived from a bad password or a wrong salt", pure, async () => {
  const scope = { realm: filled(16, 1), salt: filled(16, 4), user: "alice" };
  await rejects(deriveLogin("", scope), { name: "BadPassword" });
  await rejects(deriveLogin("pw", { ...scope, salt: filled(4, 4) }), RangeError);
  await rejects(deriveLogin("pw", { ...scope, realm: filled(15, 4) }), RangeError);
});
