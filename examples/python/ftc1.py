"""FTC1 without input and output: handshake, frames, login, and the identity of an account.

Written from docs/FTC1.md alone; numbers in comments are its paragraphs. The caller moves the lines.
Not here: end-to-end encryption (e2e.py), the server's side (test_vectors.py has one), known_hosts
(3.13). Works with `cryptography` 38 and later; Argon2id comes from `cryptography` 44
and later or else from `argon2-cffi`.
"""

import base64
import hmac
import json
import os
import re
import time
import unicodedata
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import mlkem768

NONE = bytes(32)  # stands for "no secret" (3.2)
LINE_LIMIT = 87_480  # octets of a line at the client, without the line feed (3.10)
FRAME_LIMIT = 65_536  # octets of a plaintext (3.7)


class Ftc1Error(Exception):
    """The conversation cannot go on; `code` is one of 3.12."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def H(octets):
    return sha256(octets).digest()


def kdf(ikm, salt, label, n=32):
    return HKDF(hashes.SHA256(), n, salt or None, label.encode()).derive(ikm)


def vec8(text):
    octets = text.encode()
    return bytes([len(octets)]) + octets


def lp(octets):
    return len(octets).to_bytes(4, "big") + octets


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text, size=None):
    """base64url without padding, canonical, of exactly `size` octets if given; else bad_frame (3.7)."""
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError):
        raise Ftc1Error("bad_frame") from None
    if len(octets) != (size or len(octets)) or b64(octets) != text:
        raise Ftc1Error("bad_frame")
    return octets


def raw(public_key):
    return public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def x25519(private, public):
    """The shared secret; the library refuses an all-zero one (3.5)."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Ftc1Error("bad_share") from None


def small_order(ed25519_public):
    """True for the keys for which one signature fits every text (3.15): y = 0, 1, -1 or of order 8."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p)
    y = int.from_bytes(ed25519_public, "little") & (2**255 - 1)  # without the sign of x
    return y % p in (0, 1, p - 1) or (d * y**4 + 2 * y * y - 1) % p == 0


# --- Tokens (3.1) ---

def seal(key, plain, at=None, iv=None):
    """A Fernet token; `at` (Unix seconds) and `iv` are for tests, else the clock and random."""
    padder = padding.PKCS7(128).padder()
    iv = iv or os.urandom(16)
    encryptor = Cipher(algorithms.AES(key[16:]), modes.CBC(iv)).encryptor()
    body = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    head = b"\x80" + int(time.time() if at is None else at).to_bytes(8, "big") + iv + body
    return base64.urlsafe_b64encode(head + hmac.digest(key[:16], head, "sha256"))


def unseal(key, token):
    """The message of a token (octets, no line feed), strictly; the time in it is not interpreted."""
    if not re.fullmatch(rb"[A-Za-z0-9_-]+={0,2}", token) or len(token) % 4:
        raise Ftc1Error("bad_token")
    octets = base64.urlsafe_b64decode(token)
    canonical = base64.urlsafe_b64encode(octets) == token
    if not canonical or len(octets) < 73 or (len(octets) - 57) % 16 or octets[0] != 0x80:
        raise Ftc1Error("bad_token")
    try:
        return Fernet(base64.urlsafe_b64encode(key)).decrypt(token)
    except InvalidToken:
        raise Ftc1Error("bad_token") from None


# --- Frames (3.7) ---

def pack(frame):
    plain = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
    size = 256
    while size < len(plain):
        size *= 2
    if size > FRAME_LIMIT:
        raise ValueError(f"Cannot send frame: {len(plain)} octets are more than {FRAME_LIMIT}")
    return plain.ljust(size)


def _check(value, level=0):
    """At most 16 levels of objects and arrays (the outermost is the first), no unpaired surrogate."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, (dict, list)):
        if level == 16:
            raise ValueError("too deep")
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _check(part, level + 1)


def _refuse_constant(name):
    raise ValueError(name)  # NaN and Infinity, which Python would accept


def unpack(plain):
    try:
        if len(plain) > FRAME_LIMIT:
            raise ValueError("too long")
        frame = json.loads(plain.decode("utf-8"), parse_constant=_refuse_constant)
        _check(frame)
    except (ValueError, RecursionError):  # UnicodeError and JSONDecodeError are ValueErrors
        raise Ftc1Error("bad_frame") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise Ftc1Error("bad_frame")
    return frame


def frame_keys(chain):
    """The keys of one direction, one for each frame, for ever (3.5)."""
    while True:
        okm = kdf(chain, b"", "ftc1 block", 2080)
        chain = okm[:32]
        for j in range(64):
            yield okm[32 + 32 * j:64 + 32 * j]


class Session:
    """What both sides share after the handshake. `sends` is "ftc1 c2s" at a client."""

    def __init__(self, master, t2, sends="ftc1 c2s", receives="ftc1 s2c"):
        self.binding = kdf(master, t2, "ftc1 channel binding")
        self._send_keys = frame_keys(kdf(master, t2, sends))
        self._receive_keys = frame_keys(kdf(master, t2, receives))

    def seal(self, frame):
        """A frame (dict) -> its line, without the line feed. Must be written in this order."""
        plain = pack(frame)
        return seal(next(self._send_keys), plain)

    def unseal(self, line):
        return unpack(unseal(next(self._receive_keys), line))


# --- Handshake (3.3-3.5, 3.9) ---

def hello_key(secret):
    return kdf(secret, b"", "ftc1 hello")


def read_secret(text):
    """A shared secret as it stands in its file: one Fernet key in base64url (3.2)."""
    secret = unb64(text.removesuffix("="), 32)
    if secret == NONE:
        raise Ftc1Error("bad_secret")
    return secret


def header(kind, versions, last=0):
    return b"FTC1" + bytes([kind, len(versions), *versions]).ljust(10, b"\0") + bytes([last, 0])


def read_header(plain):
    """-> type, versions, octet 14 (selected version or code)."""
    count = plain[5] if len(plain) >= 16 else 0
    versions, rest = list(plain[6:6 + count]), plain[6 + count:14]
    if (plain[:4] != b"FTC1" or not 1 <= count <= 8 or 0 in versions or any(rest) or plain[15]
            or versions != sorted(set(versions), reverse=True)):
        raise Ftc1Error("bad_hello")
    return plain[4], versions, plain[14]


def transcript_1(client_hello, server_hello):
    return H(b"ftc1 transcript 1\0" + lp(client_hello) + lp(server_hello))


def transcript_2(t1, server_auth):
    return H(b"ftc1 transcript 2\0" + t1 + lp(server_auth))


def master_secret(kem_secret, x_secret, secret, t1):
    return kdf(kem_secret + x_secret + secret, t1, "ftc1 master")


def fingerprint(identity):
    return "ftc1:" + b64(H(b"ftc1 server identity\0" + identity))


class ClientHandshake:
    """hello() -> line to send; read_hello(line); read_auth(line) -> Session. Lines without line feed.

    Afterwards `realm` and `identity` are the server's. Both private keys are arguments for tests."""

    def __init__(self, secret=NONE, versions=(1,), x_private=None, kem_seed=None):
        self.secret, self.versions = secret, list(versions)
        self._x = X25519PrivateKey.from_private_bytes(x_private or os.urandom(32))
        self._ek, self._dk = mlkem768.keygen(kem_seed or os.urandom(64))

    def hello(self, at=None, iv=None):
        plain = header(1, self.versions) + raw(self._x.public_key()) + self._ek
        self.hello_line = seal(hello_key(self.secret), plain, at, iv)
        return self.hello_line

    def read_hello(self, line):
        try:
            plain = unseal(hello_key(self.secret), line)
        except Ftc1Error:
            raise Ftc1Error("bad_hello") from None
        kind, theirs, self.selected = read_header(plain)
        if kind == 255 and len(plain) == 16:
            raise Ftc1Error(f"alert_{self.selected}")
        if kind != 2:
            raise Ftc1Error("bad_hello")
        if self.selected not in self.versions:
            raise Ftc1Error("version")
        if self.selected != max(set(self.versions) & set(theirs), default=0):
            raise Ftc1Error("downgrade")
        if len(plain) != 1136:
            raise Ftc1Error("bad_hello")
        self.t1 = transcript_1(self.hello_line, line)
        x_secret = x25519(self._x, plain[16:48])
        kem_secret = mlkem768.decaps(self._dk, plain[48:])
        self.master = master_secret(kem_secret, x_secret, self.secret, self.t1)

    def read_auth(self, line):
        try:
            plain = unseal(kdf(self.master, b"", "ftc1 s2c auth"), line)
            if len(plain) != 120 or plain[:8] != b"FTC1" + bytes([3, self.selected, 0, 0]):
                raise Ftc1Error("bad_auth")
            self.realm, self.identity = plain[8:24], plain[24:56]
            if small_order(self.identity):
                raise Ftc1Error("bad_auth")
            key = Ed25519PublicKey.from_public_bytes(self.identity)
            key.verify(plain[56:], b"ftc1 server auth\0" + self.t1 + plain[:56])
        except (Ftc1Error, InvalidSignature, ValueError):
            raise Ftc1Error("bad_auth") from None
        return Session(self.master, transcript_2(self.t1, line))


# --- Login (4.2, 4.3, 4.6) ---

def canonical(name):
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?", name):
        raise Ftc1Error("bad_name")
    return name.lower()


def prepare_password(text):
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    text = unicodedata.normalize("NFC", text)
    if not text or any(unicodedata.category(c) in ("Cc", "Cn", "Cs") for c in text):
        raise Ftc1Error("bad_password")
    if len(text.encode()) > 1024:
        raise Ftc1Error("bad_password")
    return text.encode()


def argon2id(password, salt, passes=3, lanes=4, memory=65_536):
    try:
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
        engine = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
        return engine.derive(password)
    except (ImportError, UnsupportedAlgorithm):
        from argon2.low_level import Type, hash_secret_raw
        return hash_secret_raw(password, salt, passes, memory, lanes, 32, Type.ID)


class Login:
    """The keys that a password opens: `key` signs logins, `vault_key` opens the vault."""

    def __init__(self, user, password, realm, salt):
        self.user, self.realm, self.salt = user, realm, salt
        salt32 = H(b"ftc1 kdf 1\0" + realm + salt + vec8(user))
        mk = argon2id(prepare_password(password), salt32)
        self.key = Ed25519PrivateKey.from_private_bytes(kdf(mk, b"", "ftc1 login key"))
        self.public = raw(self.key.public_key())
        self.vault_key = kdf(mk, b"", "ftc1 vault key")

    def sign_login(self, binding):
        return self.key.sign(b"ftc1 login\0" + binding + self.realm + vec8(self.user))

    def sign_register(self, binding):
        context = binding + self.realm + vec8(self.user)
        return self.key.sign(b"ftc1 register\0" + context + b"\x01" + self.salt + self.public)


# --- Identity, key record, vault (7.1, 7.2) ---

def user_fingerprint(context, public):
    """`context`: realm and name; `public`: the three public keys."""
    return H(b"ftc1 user identity\0" + context + public)


class Identity:
    """What is derived from the root of an account, 32 random octets."""

    def __init__(self, root, realm, user):
        self.root, self.context = root, realm + vec8(user)
        self.sign_key = Ed25519PrivateKey.from_private_bytes(kdf(root, b"", "ftc1 id sign"))
        self.x_key = X25519PrivateKey.from_private_bytes(kdf(root, b"", "ftc1 id x25519"))
        self.ek, self.dk = mlkem768.keygen(kdf(root, b"", "ftc1 id mlkem", 64))
        self.state_key = kdf(root, b"", "ftc1 state key")
        self.public = raw(self.sign_key.public_key()) + raw(self.x_key.public_key()) + self.ek
        self.fingerprint = user_fingerprint(self.context, self.public)

    def key_record(self, created, generation=1, before=b"", old=None):
        """`created` in Unix seconds; from generation 2 on with the record before and its Identity."""
        record = b"FTCK\x01" + self.context + generation.to_bytes(4, "big") + created.to_bytes(8, "big")
        record += self.public + (H(before) if before else bytes(32))
        text = b"ftc1 key record\0" + record
        return record + self.sign_key.sign(text) + (old.sign_key.sign(text) if old else bytes(64))

    def vault(self, vault_key, at=None, iv=None):
        return seal(vault_key, b"FTCV\x01" + self.context + self.root, at, iv).decode()


def open_vault(vault, vault_key, realm, user):
    """The root in a vault; bad_vault if it is another user's, another server's or damaged."""
    start = b"FTCV\x01" + realm + vec8(user)
    try:
        plain = unseal(vault_key, vault.encode())
    except Ftc1Error:
        plain = b""
    if len(plain) != len(start) + 32 or plain[:-32] != start:
        raise Ftc1Error("bad_vault")
    return plain[-32:]
