/**
 * What a frame costs to seal and to open, by the three ways there are, and what its key costs.
 *
 * The lengths are those that frames have. `deno bench -A bench/token_bench.ts`.
 *
 * @module
 */

import { createCipheriv, createHmac, hkdfSync } from "node:crypto";
import { openSync, sealLong, sealSync } from "../cipher/fernet_sync.ts";
import { webFrameCipher } from "../cipher/frame_cipher.ts";
import { FrameKeys } from "../cipher/frame_keys.ts";

const LENGTHS = [256, 4_096, 65_536] as const;

/** Frames that a server seals at once: one for each of so many receivers. */
const AT_ONCE = 64;

const key = crypto.getRandomValues(new Uint8Array(32));
const iv = crypto.getRandomValues(new Uint8Array(16));

for (const length of LENGTHS) {
  const plaintext = new Uint8Array(length);
  const token = sealSync(key, plaintext);
  const group = `a frame of ${length} octets`;
  Deno.bench("AES-128-CBC and HMAC-SHA256 alone", { group, baseline: true }, () => {
    const cipher = createCipheriv("aes-128-cbc", key.subarray(16), iv);
    const text = cipher.update(plaintext);
    cipher.final();
    createHmac("sha256", key.subarray(0, 16)).update(text).digest();
  });
  Deno.bench("seal, node:crypto", { group }, () => void sealSync(key, plaintext));
  Deno.bench("open, node:crypto", { group }, () => void openSync(key, token));
  Deno.bench("seal, Web Crypto, one by one", { group }, async () => {
    await webFrameCipher.seal(key, plaintext);
  });
  Deno.bench(`seal ${AT_ONCE} at once, Web Crypto`, { group }, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, () => webFrameCipher.seal(key, plaintext)));
  });
  Deno.bench(`seal ${AT_ONCE} at once, AES by Web Crypto`, { group }, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, () => sealLong(key, plaintext)));
  });
}

const keys = new FrameKeys(key);
Deno.bench("HKDF of 2,080 octets", { group: "64 keys", baseline: true }, () => {
  hkdfSync("sha256", key, "", "ftc1 block", 2_080);
});
Deno.bench("the keys of 64 frames", { group: "64 keys" }, () => {
  for (let n = 0; n < 64; n++) keys.next();
});
