/**
 * The Ed25519 public keys of small order, for which one signature fits every text.
 *
 * Web Crypto accepts them (FTC1 §10, trap 3), so each key that comes from a peer is looked up here
 * before a signature under it counts. The list has the points of order 1, 2, 4 and 8 in every
 * encoding that decodes to them, canonical or not, with the sign bit masked: y = 0, 1, the two of
 * order 8, p − 1, p and p + 1. It is not a check that a key is a point at all.
 *
 * Source: FTC1 §3.4, §3.15; RFC 8032 §5.1.3.
 *
 * @module
 */

const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/**
 * Tells whether an Ed25519 public key is of small order and must be refused.
 *
 * @param publicKey 32 octets.
 */
export function isSmallOrder(publicKey: Uint8Array): boolean {
  const y = new Uint8Array(publicKey);
  const last = y.length - 1;
  y[last] = (y[last] ?? 0) & 0x7f;
  return SMALL_ORDER.has(y.toHex());
}
