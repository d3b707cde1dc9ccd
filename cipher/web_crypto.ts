/**
 * Types for the parts of Web Crypto that Deno 2.9.6 has and its type library has not: Argon2id,
 * ML-KEM-768 and `getPublicKey`.
 *
 * Imported for its types only (`import "./web_crypto.ts"`); it holds no code. It is not a polyfill:
 * on a platform without these algorithms the calls are refused at run time.
 *
 * Source: https://wicg.github.io/webcrypto-modern-algos/, tried on Deno 2.9.6 (FTC1 §10, traps 9
 * and 10).
 *
 * @module
 */

declare global {
  /** Parameters of Argon2id (RFC 9106). */
  interface Argon2idParams {
    /** The algorithm. */
    name: "Argon2id";
    /** The salt. */
    nonce: BufferSource;
    /** KiB. */
    memory: number;
    /** Passes over the memory. */
    passes: number;
    /** Lanes. */
    parallelism: number;
  }

  /** What an ML-KEM key may be used for. */
  type KemUsage = "encapsulateBits" | "decapsulateBits";

  /** What encapsulation gives: the text for the peer, and the secret it stands for. */
  interface EncapsulatedBits {
    /** For the peer. */
    ciphertext: ArrayBuffer;
    /** The secret. */
    sharedKey: ArrayBuffer;
  }

  /** Adds the missing calls. */
  interface SubtleCrypto {
    /** Makes a pair on Curve25519. */
    generateKey(
      algorithm: "X25519" | "Ed25519",
      extractable: boolean,
      keyUsages: KeyUsage[],
    ): Promise<CryptoKeyPair>;
    /** Makes an ML-KEM pair. */
    generateKey(
      algorithm: "ML-KEM-768",
      extractable: boolean,
      keyUsages: KemUsage[],
    ): Promise<CryptoKeyPair>;
    /** Imports an ML-KEM key: the encapsulation key, or the seed of 64 octets. */
    importKey(
      format: "raw-public" | "raw-seed",
      keyData: BufferSource,
      algorithm: "ML-KEM-768",
      extractable: boolean,
      keyUsages: KemUsage[],
    ): Promise<CryptoKey>;
    /** Derives bits from a password, imported as `raw-secret`. */
    deriveBits(
      algorithm: Argon2idParams,
      baseKey: CryptoKey,
      length: number,
    ): Promise<ArrayBuffer>;
    /** Makes a secret for the holder of the key; fails if a coefficient is out of range. */
    encapsulateBits(algorithm: "ML-KEM-768", key: CryptoKey): Promise<EncapsulatedBits>;
    /** Computes the secret; never fails for a ciphertext of the right length. */
    decapsulateBits(
      algorithm: "ML-KEM-768",
      key: CryptoKey,
      ciphertext: BufferSource,
    ): Promise<ArrayBuffer>;
    /** Computes the public key of a private one. */
    getPublicKey(key: CryptoKey, keyUsages: (KeyUsage | KemUsage)[]): Promise<CryptoKey>;
  }
}

export {};
