/**
 * Which implementation of Fernet seals and opens frames.
 *
 * Web Crypto is the one shared by both sides. For frames, whose keys are used once, node:crypto costs
 * less: it neither waits for a thread nor imports a key for each of them. Only its AES is slower where
 * there is much to encrypt, so long frames leave that part to Web Crypto. All make and take the same
 * tokens. docs/PERFORMANCE.md has the figures.
 *
 * @module
 */

import { importKey, open, seal } from "./fernet.ts";
import { openLong, openSync, sealLong, sealSync } from "./fernet_sync.ts";

/** Seals and opens frames, each under its own key of 32 octets. */
export interface FrameCipher {
  /** Seals a plaintext into a token. */
  seal(key: Uint8Array, plaintext: Uint8Array): string | Promise<string>;
  /**
   * Opens a token.
   *
   * @throws {import("./fernet_token.ts").InvalidToken} If any check fails.
   */
  open(key: Uint8Array, token: string): Uint8Array | Promise<Uint8Array>;
}

/** Frames by Web Crypto alone. */
export const webFrameCipher: FrameCipher = {
  seal: async (key, plaintext) => await seal(await importKey(key), plaintext),
  open: async (key, token) => await open(await importKey(key), token),
};

/**
 * Frames by node:crypto, and beyond a size with the AES of Web Crypto.
 *
 * @param octets The longest plaintext that is not waited for.
 */
export function frameCipherBySize(octets: number): FrameCipher {
  const characters = Math.ceil(octets / 3) * 4;
  return {
    seal: (key, plaintext) =>
      plaintext.length <= octets ? sealSync(key, plaintext) : sealLong(key, plaintext),
    open: (key, token) => token.length <= characters ? openSync(key, token) : openLong(key, token),
  };
}

/** The one in use. `webFrameCipher` does the same, slower. */
export const frameCipher: FrameCipher = frameCipherBySize(8_192);
