/**
 * What a frame costs to seal and to open, by the ways there are, and what its key costs.
 *
 * `deno bench -A bench/token_bench.ts`. The lengths are some of those that frames have.
 *
 * @module
 */

import { createCipheriv, createHmac, hkdfSync } from "node:crypto";
import { openSync, sealLong, sealSync } from "../cipher/fernet_sync.ts";
import { type FrameCipher, frameCipher, webFrameCipher } from "../cipher/frame_cipher.ts";
import { FrameKeys } from "../cipher/frame_keys.ts";

const LENGTHS = [256, 1_024, 4_096, 16_384, 65_536] as const;

/** Frames that a server seals at once: one for each of so many receivers. */
const AT_ONCE = 64;

/** Keys that come of one step of the chain, and the octets of that step (FTC1 §3.5). */
const KEYS_IN_STEP = 64;
const STEP_OCTETS = 2_080;

const key = crypto.getRandomValues(new Uint8Array(32));
const iv = crypto.getRandomValues(new Uint8Array(16));

/** What is awaited, one by one. */
const CIPHERS: { readonly [name: string]: FrameCipher } = {
  "Web Crypto": webFrameCipher,
  "node:crypto": { seal: sealSync, open: openSync },
  "as chosen": frameCipher,
};

/** What no way can do without. */
function bare(plaintext: Uint8Array): void {
  const cipher = createCipheriv("aes-128-cbc", key.subarray(16), iv);
  const text = cipher.update(plaintext);
  // Without `final` Deno keeps the cipher for ever.
  cipher.final();
  createHmac("sha256", key.subarray(0, 16)).update(text).digest();
}

/** Does something as often as frames are sealed at once, and waits for all. */
async function atOnce(work: () => unknown): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

for (const length of LENGTHS) {
  const plaintext = new Uint8Array(length);
  const token = sealSync(key, plaintext);
  const group = `a frame of ${length} octets`;
  Deno.bench("AES-128-CBC and HMAC-SHA256 alone", { group, baseline: true }, () => bare(plaintext));
  for (const [name, cipher] of Object.entries(CIPHERS)) {
    Deno.bench(`seal ${length}, ${name}`, { group }, async () => {
      const sealed = cipher.seal(key, plaintext);
      if (sealed instanceof Promise) await sealed;
    });
    Deno.bench(`open ${length}, ${name}`, { group }, async () => {
      const opened = cipher.open(key, token);
      if (opened instanceof Promise) await opened;
    });
  }
  const many = { group: `${AT_ONCE} frames of ${length} octets at once` };
  Deno.bench(`AES and HMAC alone, ${AT_ONCE} times`, { ...many, baseline: true }, () => {
    for (let n = 0; n < AT_ONCE; n++) bare(plaintext);
  });
  Deno.bench(`seal ${AT_ONCE} of ${length}, Web Crypto`, many, async () => {
    await atOnce(() => webFrameCipher.seal(key, plaintext));
  });
  Deno.bench(`open ${AT_ONCE} of ${length}, Web Crypto`, many, async () => {
    await atOnce(() => webFrameCipher.open(key, token));
  });
  Deno.bench(`seal ${AT_ONCE} of ${length}, only AES by Web Crypto`, many, async () => {
    await atOnce(() => sealLong(key, plaintext));
  });
}

const keys = new FrameKeys(key);
const group = `${KEYS_IN_STEP} keys`;
Deno.bench(`HKDF of ${STEP_OCTETS} octets`, { group, baseline: true }, () => {
  hkdfSync("sha256", key, "", "ftc1 block", STEP_OCTETS);
});
Deno.bench(`the keys of ${KEYS_IN_STEP} frames`, { group }, () => {
  for (let n = 0; n < KEYS_IN_STEP; n++) keys.next();
});
