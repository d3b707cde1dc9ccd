"""Refuses what FTC1 9 says must be refused of level 2 (rows 104-109), as far as it needs no server.

`python3 test_hostile.py`; begins with the vectors of tests/vectors/ftc1 and changes them. Exit code 1
if anything wrong is accepted.
"""

import json
import sys

import e2e
import ftc1
import rules
from conversation import Reading
from ftc1 import seal
from test_vectors import FOLDER, check_group, check_identities, error_of, result, same


def refused(what, action, reason=None):
    error = error_of(action)
    same(what, error if reason or error == "accepted" else "refused", reason or "refused")


def changed(octets):
    """Copies with one bit changed."""
    for i in range(0, len(octets), 7):
        yield octets[:i] + bytes([octets[i] ^ 1]) + octets[i + 1:]


def check_key_records(person, record, realm, user):
    for octets in changed(record[:-64]):  # the last signature is checked with the keys before
        refused("changed key record", lambda: e2e.read_key_record(octets + record[-64:], realm, user))
    refused("key record of another", lambda: e2e.read_key_record(record, realm, "bob"), "wrong layout")
    refused("key record of elsewhere", lambda: e2e.read_key_record(record, bytes(16), user), "wrong layout")
    for public in (bytes(32) + person.public[32:], person.public[:32] + bytes(32) + person.ek,
                   person.public[:-1184] + b"\xff" * 1184):
        bad = ftc1.Identity(person.root, realm, user)
        bad.public = public
        refused("unusable keys", lambda: e2e.read_key_record(bad.key_record(1), realm, user))


def check_records(person, user, record):
    signer = person.public[:32]
    note = e2e.LeaveNote(user, record.conversation, 0, person.fingerprint)
    note = e2e.sign_note(note, person.sign_key)
    same("leave note", (e2e.read_note(note.octets), e2e.note_is_signed(note, signer)), (note, True))
    for what, read, is_signed, octets in (
            ("epoch record", e2e.read_epoch, e2e.epoch_is_signed, record.octets),
            ("leave note", e2e.read_note, e2e.note_is_signed, note.octets)):
        for part in changed(octets):
            if error_of(lambda: read(part)) == "accepted":
                same(f"changed {what}", is_signed(read(part), signer), False)
        refused(f"{what} cut", lambda: read(octets[:-1]), "wrong layout")
        refused(f"{what} and more", lambda: read(octets + b"\0"), "wrong layout")


def check_wraps(person, record, wrap):
    for octets in (wrap[:-1], wrap + b"\0", bytes(32) + wrap[32:], *changed(wrap)):
        refused("changed wrap", lambda: e2e.unwrap(octets, record.hash, person), "wrong wrap")


def check_order(epochs):
    """Records that must not follow; `[n]`: the list of epoch n."""
    lists, records = [epoch.fingerprints for epoch in epochs], [epoch.record for epoch in epochs]
    for what, head, record, listed, wrong in (
            ("epoch 0 again", epochs[0], records[0], lists[0], "number"),
            ("skipped epoch", epochs[0], records[2], lists[2], "number"),
            ("no epoch 0", None, records[1], lists[1], "number"),
            ("previous", epochs[0], records[1]._replace(previous=bytes(32)), lists[1], "previous record"),
            ("member in secret", epochs[0], records[1], lists[1] | {"mallory": bytes(32)}, "list"),
            ("add by a member", epochs[0], records[1]._replace(signer="bob", fingerprint=lists[0]["bob"]),
             lists[1], "change"),
            ("add by a stranger", epochs[0], records[1]._replace(signer="mallory"), lists[1], "signer"),
            ("new keys that nobody signed", epochs[2], records[3], lists[3], "change"),
            ("after the close", epochs[5], records[5]._replace(epoch=6, previous=records[5].hash), lists[5],
             "place: its conversation is closed")):
        refused(what, lambda: rules.follow(head, record, listed), f"epoch {record.epoch} has a wrong {wrong}")


def check_messages(person, user, record, key):
    message = e2e.Message(
        e2e.TEXT, record.conversation, 0, 1, 1, ftc1.NONE, 0, user, person.fingerprint, b"x")
    key = e2e.message_key(key, record.hash)
    plain = ftc1.unseal(key, e2e.seal_message(key, message, person.sign_key).encode())
    body = plain.rindex(b"\0\1x")
    for what, octets, reason in (
            ("padding", plain[:-1] + b"\1", "wrong padding"),
            ("no padding", plain[:body + 67], "wrong padding"),
            ("body beyond the end", plain[:body] + b"\xff\xff" + plain[body + 2:], "wrong layout"),
            ("type 2", plain[:5] + b"\2" + plain[6:], "wrong layout"),
            ("nothing", b"", "wrong layout")):
        refused(what, lambda: e2e.open_message(key, seal(key, octets).decode()), reason)
    for octets in changed(plain[:body + 67]):
        token = seal(key, octets.ljust(256, b"\0")).decode()
        if error_of(lambda: e2e.open_message(key, token)) == "accepted":
            is_signed = e2e.message_is_signed(e2e.open_message(key, token), person.public[:32])
            same("changed message", is_signed, False)
    reading = Reading()
    judged = [reading.judge(message._replace(n=n)) for n in (5, 6, 6, 9, 7, 5, 10)]
    same("order of messages", judged, [0, 0, "replay", 2, "late", "replay", 0])


def main():
    v = json.loads((FOLDER / "l2.json").read_text("utf-8"))
    identities, p = check_identities(v), v["identities"][0]
    epochs, keys = check_group(v, identities)
    person, user, record = identities[p["fingerprint"]], p["user"], epochs[0].record
    check_key_records(person, bytes.fromhex(p["key_record"]), bytes.fromhex(v["realm"]), user)
    check_records(person, user, record)
    check_wraps(person, record, bytes.fromhex(v["group"]["epochs"][0]["wraps"][0]["wrap"]))
    check_order(epochs)
    check_messages(person, user, record, keys[0])
    return result()


if __name__ == "__main__":
    sys.exit(main())
