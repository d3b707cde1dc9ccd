import { strictEqual } from "node:assert/strict";
import { argon2id } from "../../cipher/argon2id.ts";
import vector from "../vectors/argon2id-rfc9106.json" with { type: "json" };

Deno.test(
  "Argon2id gives the known tag, without secret and data",
  { permissions: "none" },
  async () => {
    const { memory_kib, passes, lanes, tag } = vector.without_secret_and_ad;
    const derived = await argon2id(
      Uint8Array.fromHex(vector.password),
      Uint8Array.fromHex(vector.salt),
      { memory: memory_kib, passes, lanes },
    );
    strictEqual(derived.toHex(), tag);
  },
);
