"""FTC1 level 2 without input and output: key records, epoch records, wraps, messages (7.2-7.6, 7.8).

Written from docs/FTC1.md alone; numbers in comments are its paragraphs. Not here: whether an epoch
may follow another (chain.py), what is asked of a server (keys.py, conversation.py). The arguments
`m`, `at` and `iv` are for tests, else random and the clock.
"""

import base64
import os
import struct
from hashlib import sha512
from typing import NamedTuple

import ftc1
import mlkem768
from ftc1 import (Ed25519PublicKey, Ftc1Error, H, InvalidSignature, X25519PrivateKey, canonical, kdf, raw,
                  seal, small_order, unb64, unseal, vec8)

DIRECT, GROUP = 1, 2  # kinds of conversations
TEXT = 1  # the only type of a message


class E2eError(Exception):
    """Something that cannot be used or done; the text is the reason, for the user."""


class Reader:
    """Takes a record apart, from its beginning."""

    def __init__(self, octets, magic=b""):
        self.octets, self.at = octets, 0
        if self.take(len(magic)) != magic:
            raise E2eError("wrong layout")

    def take(self, size):
        self.at += size
        if self.at > len(self.octets):
            raise E2eError("wrong layout")
        return self.octets[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def name(self):
        octets = self.take(self.number(1))
        try:
            name = canonical(octets.decode("ascii"))
        except (Ftc1Error, UnicodeDecodeError):
            raise E2eError("wrong name") from None
        if name.encode() != octets:
            raise E2eError("wrong name")
        return name

    def end(self):
        if self.at != len(self.octets):
            raise E2eError("wrong layout")


def decode(text, size=None):
    """Octets of a JSON string, of exactly `size` if given."""
    try:
        return unb64(text, size)
    except Ftc1Error:
        raise E2eError("wrong encoding") from None


def verifies(public, signature, text):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return not small_order(public)


# --- Key records (7.2), safety number (7.8) ---

class KeyRecord(NamedTuple):
    user: str
    generation: int
    created: int  # Unix seconds
    ed: bytes
    x: bytes
    ek: bytes
    previous: bytes  # H of the record before, or zeros
    fingerprint: bytes
    octets: bytes


def read_key_record(octets, realm, user):
    """Checks all that a record itself can tell; whether it is the right one is asked elsewhere."""
    r = Reader(octets, b"FTCK\x01" + realm + vec8(user))
    fields = r.number(4), r.number(8), r.take(32), r.take(32), r.take(1184), r.take(32)
    signed, signature = octets[:r.at], r.take(64)
    r.take(64)  # by the keys before: follows()
    r.end()
    generation, _, ed, x, ek, _ = fields
    try:
        ftc1.x25519(X25519PrivateKey.generate(), x)  # refuses points of low order
    except Ftc1Error:
        raise E2eError("unusable keys") from None
    if generation < 1 or not mlkem768.is_key(ek):
        raise E2eError("unusable keys")
    if not verifies(ed, signature, b"ftc1 key record\0" + signed):
        raise E2eError("wrong signature of keys")
    return KeyRecord(user, *fields, ftc1.user_fingerprint(realm + vec8(user), ed + x + ek), octets)


def follows(record, before):
    """Whether the keys of `before` have signed these."""
    return (record.previous == H(before.octets) and record.generation > before.generation
            and verifies(before.ed, record.octets[-64:], b"ftc1 key record\0" + record.octets[:-128]))


def safety_number(a, b):
    """Sixty digits for two fingerprints."""
    d = sha512(b"ftc1 safety number\0" + min(a, b) + max(a, b)).digest()
    return " ".join(f"{int.from_bytes(d[i:i + 5], 'big') % 100_000:05}" for i in range(0, 60, 5))


# --- Conversations (7.3) and epochs (7.4) ---

def direct_id(realm, a, b):
    return H(b"ftc1 dm\0" + realm + vec8(min(a, b)) + vec8(max(a, b)))


def group_id(realm, name, nonce, creator):
    return H(b"ftc1 group\0" + realm + vec8(name) + nonce + creator)


def members_hash(fingerprints, owner):
    """`fingerprints`: name -> fingerprint, in any order."""
    listed = [vec8(name) + fingerprints[name] + bytes([2 * (name == owner)]) for name in sorted(fingerprints)]
    return H(b"ftc1 members\0" + len(listed).to_bytes(2, "big") + b"".join(listed))


class EpochRecord(NamedTuple):
    kind: int
    conversation: bytes
    epoch: int
    previous: bytes  # H of the record before; epoch 0: 16 octets of nonce and zeros, or zeros
    change: int
    time: int  # ms
    count: int  # of members
    members_hash: bytes
    commitment: bytes
    signer: str
    fingerprint: bytes
    octets: bytes = b""

    @property
    def hash(self):
        return H(self.octets)


EPOCH = struct.Struct(">B32sI32sBQH32s32s")


def sign_epoch(record, sign_key):
    """A record without octets -> the same with them."""
    octets = b"FTCE\x01" + EPOCH.pack(*record[:9]) + vec8(record.signer) + record.fingerprint
    return record._replace(octets=octets + sign_key.sign(b"ftc1 epoch\0" + octets))


def read_epoch(octets):
    r = Reader(octets, b"FTCE\x01")
    record = EpochRecord(*EPOCH.unpack(r.take(EPOCH.size)), r.name(), r.take(32), octets)
    r.take(64)
    r.end()
    if record.kind not in (DIRECT, GROUP) or record.change > 6 or record.count == 0:
        raise E2eError("wrong layout")
    return record


def epoch_is_signed(record, ed):
    return verifies(ed, record.octets[-64:], b"ftc1 epoch\0" + record.octets[:-64])


class LeaveNote(NamedTuple):
    name: str
    conversation: bytes
    epoch: int
    fingerprint: bytes
    octets: bytes = b""


def sign_note(note, sign_key):
    octets = vec8(note.name) + note.conversation + note.epoch.to_bytes(4, "big") + note.fingerprint
    return note._replace(octets=octets + sign_key.sign(b"ftc1 leave\0" + octets))


def read_note(octets):
    r = Reader(octets)
    note = LeaveNote(r.name(), r.take(32), r.number(4), r.take(32), octets)
    r.take(64)
    r.end()
    return note


def note_is_signed(note, ed):
    return verifies(ed, note.octets[-64:], b"ftc1 leave\0" + note.octets[:-64])


# --- The key K of an epoch (7.4) and its wraps (7.5) ---

def commitment(conversation, epoch, key):
    return H(b"ftc1 epoch commit\0" + conversation + epoch.to_bytes(4, "big") + key)


def added_key(key, new_members_hash):
    """K of an epoch that only adds members, from K of the epoch before."""
    return kdf(key, new_members_hash, "ftc1 epoch add")


def message_key(key, record_hash):
    return kdf(key, record_hash, "ftc1 message key")


def _wrap_key(secrets, record_hash, fingerprint, start):
    return kdf(secrets, H(b"ftc1 wrap\0" + record_hash + fingerprint + start), "ftc1 epoch wrap")


def wrap(key, record_hash, to, ephemeral, m=None, at=None, iv=None):
    """K for one member, `to` his key record; `ephemeral` may serve for all of them."""
    secret, ciphertext = mlkem768.encaps(to.ek, m or os.urandom(32))
    start = raw(ephemeral.public_key()) + ciphertext
    secrets = secret + ftc1.x25519(ephemeral, to.x)
    token = seal(_wrap_key(secrets, record_hash, to.fingerprint, start), key, at, iv)
    return start + base64.urlsafe_b64decode(token)


def unwrap(octets, record_hash, me):
    """`me`: an Identity. Whether K fits the commitment is for the caller to check."""
    if len(octets) != 1225:
        raise E2eError("wrong wrap")
    start, token = octets[:1120], base64.urlsafe_b64encode(octets[1120:])
    try:
        secrets = mlkem768.decaps(me.dk, start[32:]) + ftc1.x25519(me.x_key, start[:32])
        key = unseal(_wrap_key(secrets, record_hash, me.fingerprint, start), token)
    except Ftc1Error:
        raise E2eError("wrong wrap") from None
    if len(key) != 32:
        raise E2eError("wrong wrap")
    return key


# --- Messages (7.6) ---

class Message(NamedTuple):
    type: int
    conversation: bytes
    epoch: int
    device: int
    n: int
    link: bytes
    time: int  # ms
    sender: str
    fingerprint: bytes
    body: bytes
    signed: bytes = b""
    signature: bytes = b""


MESSAGE = struct.Struct(">B32sIIQ32sQ")


def seal_message(key, message, sign_key, at=None, iv=None):
    """`key`: the message key of the epoch -> the token, a string."""
    plain = b"FTCM\x01" + MESSAGE.pack(*message[:7]) + vec8(message.sender) + message.fingerprint
    plain += len(message.body).to_bytes(2, "big") + message.body
    plain += sign_key.sign(b"ftc1 message\0" + plain)
    size = 256
    while size < len(plain):
        size *= 2
    return seal(key, plain.ljust(size, b"\0"), at, iv).decode()


def open_message(key, token):
    """Nothing of it is to be believed before message_is_signed()."""
    try:
        plain = unseal(key, token.encode())
    except Ftc1Error:
        raise E2eError("it does not open") from None
    r = Reader(plain, b"FTCM\x01")
    fields = *MESSAGE.unpack(r.take(MESSAGE.size)), r.name(), r.take(32), r.take(r.number(2))
    message = Message(*fields, plain[:r.at], r.take(64))
    if message.type != TEXT or message.n == 0:
        raise E2eError("wrong layout")
    if len(plain) < 256 or len(plain) & len(plain) - 1 or any(plain[r.at:]):
        raise E2eError("wrong padding")
    try:
        message.body.decode()
    except UnicodeDecodeError:
        raise E2eError("it is no text") from None
    return message


def message_is_signed(message, ed):
    return verifies(ed, message.signature, b"ftc1 message\0" + message.signed)
