"""ML-KEM-768, a key encapsulation mechanism that is meant to withstand quantum computers.

Written from FIPS 203 (August 2024); numbers in comments are its algorithms. Vectors of 256
coefficients are lists of integers modulo Q. It is *not* constant in time: good enough to show
and to check a protocol, not for a server that strangers may time.
"""

import hmac
from hashlib import sha3_256, sha3_512, shake_128, shake_256

Q, K, DU, DV = 3329, 3, 10, 4  # and eta1 = eta2 = 2 (table 2)


def _bit_reversed(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, _bit_reversed(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _bit_reversed(i) + 1, Q) for i in range(128)]


def _encode(poly, d):  # 5, ByteEncode
    return sum(c << (d * i) for i, c in enumerate(poly)).to_bytes(32 * d, "little")


def _decode(octets, d):  # 6, ByteDecode, without the reduction modulo Q for d = 12
    bits = int.from_bytes(octets, "little")
    return [bits >> (d * i) & ((1 << d) - 1) for i in range(256)]


def _split(octets, size):
    return [octets[i:i + size] for i in range(0, len(octets), size)]


def _compress(poly, d):  # 4.7; Q is odd, so there are no ties
    return [((c << d) + Q // 2) // Q % (1 << d) for c in poly]


def _decompress(poly, d):  # 4.8
    return [(c * Q + (1 << d >> 1)) >> d for c in poly]


def _sample_ntt(seed):  # 7: uniform coefficients by rejection
    poly, size = [], 840
    while len(poly) < 256:  # SHAKE has no "more octets" in hashlib: ask again for a longer output
        stream, poly, size = shake_128(seed).digest(size), [], size * 2
        for a, b, c in zip(stream[::3], stream[1::3], stream[2::3]):
            poly += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
    return poly[:256]


def _sample_noise(seed, n):  # 8: centred binomial distribution with eta = 2
    nibbles = _decode(shake_256(seed + bytes([n])).digest(128), 4)
    return [((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3)) % Q for x in nibbles]


def _ntt(poly):  # 9
    f, i, length = list(poly), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length]
                f[j], f[j + length] = (f[j] + t) % Q, (f[j] - t) % Q
        length //= 2
    return f


def _inverse_ntt(poly):  # 10; 3303 = 128^-1
    f, i, length = list(poly), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j], f[j + length] = (t + f[j + length]) % Q, zeta * (f[j + length] - t) % Q
        length *= 2
    return [c * 3303 % Q for c in f]


def _multiply(f, g):  # 11 and 12
    h = []
    for i, gamma in enumerate(GAMMAS):
        (a0, a1), (b0, b1) = f[2 * i:2 * i + 2], g[2 * i:2 * i + 2]
        h += [(a0 * b0 + a1 * b1 * gamma) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def _add(*polys):
    return [sum(column) % Q for column in zip(*polys)]


def _dot(fs, gs):
    return _add(*(_multiply(f, g) for f, g in zip(fs, gs)))


def _matrix(rho):
    return [[_sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def _encrypt(ek, m, r):  # 14, K-PKE.Encrypt
    t, a = [_decode(part, 12) for part in _split(ek[:384 * K], 384)], _matrix(ek[384 * K:])
    y = [_ntt(_sample_noise(r, n)) for n in range(K)]
    u = [_add(_inverse_ntt(_dot([row[i] for row in a], y)), _sample_noise(r, K + i)) for i in range(K)]
    v = _add(_inverse_ntt(_dot(t, y)), _sample_noise(r, 2 * K), _decompress(_decode(m, 1), 1))
    return b"".join(_encode(_compress(p, DU), DU) for p in u) + _encode(_compress(v, DV), DV)


def keygen(seed):
    """16 with 13: seed d || z (64 octets) -> encapsulation key (1,184), decapsulation key (2,400)."""
    d, z = seed[:32], seed[32:]
    digest = sha3_512(d + bytes([K])).digest()
    rho, sigma = digest[:32], digest[32:]
    s = [_ntt(_sample_noise(sigma, n)) for n in range(K)]
    e = [_ntt(_sample_noise(sigma, K + n)) for n in range(K)]
    t = [_add(_dot(row, s), e[i]) for i, row in enumerate(_matrix(rho))]
    ek = b"".join(_encode(p, 12) for p in t) + rho
    return ek, b"".join(_encode(p, 12) for p in s) + ek + sha3_256(ek).digest() + z


def is_key(ek):
    """False for a wrong length or a coefficient above Q - 1 (7.2)."""
    return len(ek) == 1184 and all(c < Q for part in _split(ek[:1152], 384) for c in _decode(part, 12))


def encaps(ek, m):
    """17 and 20: key and 32 random octets -> shared secret (32), ciphertext (1,088).

    Raises ValueError for what is no key."""
    if not is_key(ek):
        raise ValueError("Cannot encapsulate: the key is not an ML-KEM-768 encapsulation key")
    digest = sha3_512(m + sha3_256(ek).digest()).digest()
    return digest[:32], _encrypt(ek, m, digest[32:])


def decaps(dk, ct):
    """18 and 21: -> shared secret. A changed ciphertext gives another secret, never an error."""
    if len(ct) != 1088:
        raise ValueError(f"Cannot decapsulate: expected 1,088 octets, got {len(ct)}")
    s, ek, h, z = dk[:1152], dk[1152:2336], dk[2336:2368], dk[2368:]
    u = [_decompress(_decode(part, DU), DU) for part in _split(ct[:960], 320)]  # 15, K-PKE.Decrypt
    v = _decompress(_decode(ct[960:], DV), DV)
    product = _inverse_ntt(_dot([_decode(p, 12) for p in _split(s, 384)], [_ntt(p) for p in u]))
    m = _encode(_compress([(a - b) % Q for a, b in zip(v, product)], 1), 1)
    digest = sha3_512(m + h).digest()
    if hmac.compare_digest(_encrypt(ek, m, digest[32:]), ct):
        return digest[:32]
    return shake_256(z + ct).digest(32)
