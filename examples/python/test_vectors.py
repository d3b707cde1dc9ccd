"""Compares everything here with tests/vectors/ftc1/*.json (FTC1 section 8), octet for octet.

`python3 test_vectors.py [FOLDER]`; exit code 1 if anything differs. It has a server's side of the
handshake as well, with the encapsulation randomness of the vectors.
"""

import json
import sys
from pathlib import Path

import e2e
import ftc1
import mlkem768
import rules
from ftc1 import Ed25519PrivateKey, Ftc1Error, Session, X25519PrivateKey, raw, seal

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "ftc1"
differences = checks = 0


def same(what, actual, expected):
    global checks, differences
    checks += 1
    if isinstance(actual, bytes) and isinstance(expected, str):
        actual = actual.hex()
    if actual != expected:
        differences += 1
        print(f"DIFFERS: {what}: expected {str(expected)[:80]}, got {str(actual)[:80]}")


def result():
    """The exit code."""
    print(f"{checks} checks, {differences} differences")
    return 1 if differences or not checks else 0


def code_of(action):
    """"accepted", or the code of the error."""
    try:
        action()
        return "accepted"
    except Ftc1Error as error:
        return error.code


def error_of(action):
    """"accepted", or what is wrong."""
    try:
        action()
        return "accepted"
    except e2e.E2eError as error:
        return str(error)


class Server:
    """The server's side of one handshake (FTC1 3.4, 3.5)."""

    def __init__(self, line, secret, x_private, m):
        plain = ftc1.unseal(ftc1.hello_key(secret), line)
        kind, versions, last = ftc1.read_header(plain)
        if kind != 1 or last != 0:
            raise Ftc1Error("bad_hello")
        if 1 not in versions:
            raise Ftc1Error("version")
        if len(plain) < 1232 or (len(plain) > 1232 and versions == [1]):
            raise Ftc1Error("bad_hello")
        self.line, self.secret, x = line, secret, X25519PrivateKey.from_private_bytes(x_private)
        self.x_secret = ftc1.x25519(x, plain[16:48])
        try:
            self.kem_secret, ciphertext = mlkem768.encaps(plain[48:1232], m)
        except ValueError:
            raise Ftc1Error("bad_share") from None
        self.hello = ftc1.header(2, [1], 1) + raw(x.public_key()) + ciphertext

    def answer(self, identity_seed, realm, at=None, hello_iv=None, auth_iv=None):
        """-> SH line, SA line; afterwards `session` stands."""
        hello_line = seal(ftc1.hello_key(self.secret), self.hello, at, hello_iv)
        self.t1 = ftc1.transcript_1(self.line, hello_line)
        self.master = ftc1.master_secret(self.kem_secret, self.x_secret, self.secret, self.t1)
        identity = Ed25519PrivateKey.from_private_bytes(identity_seed)
        self.auth = b"FTC1\x03\x01\0\0" + realm + raw(identity.public_key())
        self.auth += identity.sign(b"ftc1 server auth\0" + self.t1 + self.auth)
        auth_line = seal(ftc1.kdf(self.master, b"", "ftc1 s2c auth"), self.auth, at, auth_iv)
        self.t2 = ftc1.transcript_2(self.t1, auth_line)
        self.session = Session(self.master, self.t2, "ftc1 s2c", "ftc1 c2s")
        return hello_line, auth_line


def check_handshake(v):
    def octets(name):
        return bytes.fromhex(v[name])
    secret, at = octets("psk"), v["timestamp"]
    client = ftc1.ClientHandshake(
        secret, [1], octets("client_x25519_private"), octets("client_mlkem_seed"))
    same("hello key", ftc1.hello_key(secret), v["hello_key"])
    line = client.hello(at, octets("client_hello_iv"))
    same("client hello", line.decode(), v["client_hello_line"])
    server = Server(line, secret, octets("server_x25519_private"), octets("server_mlkem_m"))
    same("ML-KEM secret", server.kem_secret, v["mlkem_shared"])
    same("X25519 secret", server.x_secret, v["x25519_shared"])
    same("server hello plain", server.hello, v["server_hello_plain"])
    hello_line, auth_line = server.answer(
        octets("server_identity_seed"), octets("realm"), at,
        octets("server_hello_iv"), octets("server_auth_iv"))
    same("server hello", hello_line.decode(), v["server_hello_line"])
    same("server auth plain", server.auth, v["server_auth_plain"])
    same("server auth", auth_line.decode(), v["server_auth_line"])
    client.read_hello(hello_line)
    session = client.read_auth(auth_line)
    same("transcript 1", client.t1, v["transcript_1"])
    same("transcript 2", server.t2, v["transcript_2"])
    same("master", client.master, v["master"])
    same("identity", client.identity, v["identity_public"])
    same("realm", client.realm, v["realm"])
    same("fingerprint", ftc1.fingerprint(client.identity), v["fingerprint"])
    same("binding", session.binding, v["channel_binding"])
    same("binding of the server", server.session.binding, v["channel_binding"])
    keys = {}
    for way in ("c2s", "s2c"):
        chain = ftc1.kdf(client.master, server.t2, f"ftc1 {way}")
        same(f"chain {way}", chain, v[f"chain_{way}"])
        keys[way] = [key for _, key in zip(range(130), ftc1.frame_keys(chain))]
        for index, key in v[f"frame_keys_{way}"].items():
            same(f"frame key {way} {index}", keys[way][int(index)], key)
    for frame in v["frames"]:
        key, plain = keys[frame["direction"]][frame["index"]], ftc1.pack(json.loads(frame["json"]))
        same("frame plain", plain, frame["plain"])
        same("frame", seal(key, plain, at, bytes.fromhex(frame["iv"])).decode(), frame["line"])
        opened = ftc1.unpack(ftc1.unseal(key, frame["line"].encode()))
        same("frame opened", opened, json.loads(frame["json"]))
    frame = {"t": "ping", "id": 1}
    same("client to server", server.session.unseal(session.seal(frame)), frame)
    same("server to client", session.unseal(server.session.seal(frame)), frame)


def check_login(handshake):
    realm, binding = (bytes.fromhex(handshake[name]) for name in ("realm", "channel_binding"))
    v = handshake["login"]
    login = ftc1.Login(v["user"], v["password"], realm, bytes.fromhex(v["salt"]))
    same("login public", login.public, v["login_public"])
    same("vault key", login.vault_key, v["vault_key"])
    same("login signature", login.sign_login(binding), v["login_signature"])
    same("register signature", login.sign_register(binding), v["register_signature"])


def check_refusals(v):
    for case in v["handshake_reject"]:
        client = ftc1.ClientHandshake(
            bytes.fromhex(case["psk"]), case["client_versions"],
            bytes.fromhex(case["client_x25519_private"]), bytes.fromhex(case["client_mlkem_seed"]))
        client.hello_line = case["client_hello_line"].encode()

        def whole():
            client.read_hello(case["server_hello_line"].encode())
            client.read_auth(case["server_auth_line"].encode())
        same(f"answer: {case['comment']}", code_of(whole), case["error"])
    for case in v["hello_reject"]:
        code = code_of(lambda: Server(case["line"].encode(), ftc1.NONE, b"\x01" * 32, bytes(32)))
        same(f"hello: {case['comment']}", code, case["error"])
    for case in v["token_reject"]:
        code = code_of(lambda: ftc1.unseal(bytes.fromhex(case["key"]), case["token"].encode()))
        same(f"token: {case['comment']}", code, case["error"])
    for case in v["password_prep"]:
        if "error" in case:
            same("password", code_of(lambda: ftc1.prepare_password(case["password"])), case["error"])
        else:
            same("password", ftc1.prepare_password(case["password"]), case["prepared"])


def check_identities(v):
    """-> all identities, by fingerprint in hex."""
    realm, found = bytes.fromhex(v["realm"]), {}
    for p in v["identities"]:
        person = ftc1.Identity(bytes.fromhex(p["root"]), realm, p["user"])
        found[p["fingerprint"]] = person
        same("Ed25519, X25519", person.public[:64], p["ed25519_public"] + p["x25519_public"])
        same("ML-KEM key", ftc1.H(person.ek), p["mlkem_public_sha256"])
        same("user fingerprint", person.fingerprint, p["fingerprint"])
        same("state key", person.state_key, p["state_key"])
        record = e2e.read_key_record(bytes.fromhex(p["key_record"]), realm, p["user"])
        same("fingerprint of the record", record.fingerprint, p["fingerprint"])
        same("key record", person.key_record(record.created), p["key_record"])
        key = bytes.fromhex(p["vault_key"])
        vault = person.vault(key, v["timestamp"], bytes.fromhex(p["vault_iv"]))
        same("vault", vault, p["vault"])
        same("root", ftc1.open_vault(vault, key, realm, p["user"]), p["root"])
        code = code_of(lambda: ftc1.open_vault(vault, key, realm, "mallory"))
        same("vault of another user", code, "bad_vault")
    new = v["rekeyed"]
    before = next(p for p in v["identities"] if p["user"] == new["user"])
    person, octets = ftc1.Identity(bytes.fromhex(new["root"]), realm, new["user"]), before["key_record"]
    same("second fingerprint", person.fingerprint, new["fingerprint"])
    octets = person.key_record(
        new["created"], new["generation"], bytes.fromhex(octets), found[before["fingerprint"]])
    same("second key record", octets, new["key_record"])
    first, second = (e2e.read_key_record(bytes.fromhex(p["key_record"]), realm, p["user"])
                     for p in (before, new))
    same("the second follows the first", e2e.follows(second, first), True)
    same("the first follows the second", e2e.follows(first, second), False)
    found[new["fingerprint"]] = person
    fingerprints = {p["user"]: bytes.fromhex(p["fingerprint"]) for p in v["identities"]}
    for pair in v["safety_numbers"]:
        number = e2e.safety_number(fingerprints[pair["a"]], fingerprints[pair["b"]])
        same("safety number", number, pair["number"])
    for pair in v["dm_ids"]:
        same("direct conversation", e2e.direct_id(realm, pair["a"], pair["b"]), pair["id"])
    return found


def check_group(v, identities):
    """-> the epochs, and K of each."""
    realm, timestamp, group = bytes.fromhex(v["realm"]), v["timestamp"], v["group"]
    nonce, conversation = bytes.fromhex(group["nonce"]), bytes.fromhex(group["id"])
    epochs, keys, head = [], [], None
    for number, e in enumerate(group["epochs"]):
        members = {m["user"]: identities[m["fingerprint"]] for m in e["members"]}
        fingerprints = {name: person.fingerprint for name, person in members.items()}
        owner = next(m["user"] for m in e["members"] if m["role"] == 2)
        key, signer = bytes.fromhex(e["key"]), members[e["signer"]]
        if number == 0:
            same("group id", e2e.group_id(realm, group["name"], nonce, signer.fingerprint), group["id"])
        listed = e2e.members_hash(fingerprints, owner)
        same("members hash", listed, e["members_hash"])
        same("commitment", e2e.commitment(conversation, number, key), e["commit"])
        if e["change"] == rules.ADD:
            same("derived key", e2e.added_key(keys[-1], listed), key)
        read = e2e.read_epoch(bytes.fromhex(e["record"]))
        record = e2e.sign_epoch(e2e.EpochRecord(
            e2e.GROUP, conversation, number, head.record.hash if head else nonce + bytes(16), e["change"],
            read.time, len(members), listed, e2e.commitment(conversation, number, key), e["signer"],
            signer.fingerprint), signer.sign_key)
        same("epoch record", record.octets, e["record"])
        same("epoch record as read", read, record)
        same("hash of the record", record.hash, e["record_sha256"])
        same("signature", e2e.epoch_is_signed(record, signer.public[:32]), True)
        same("message key", e2e.message_key(key, record.hash), e["message_key"])
        before = head.fingerprints if head else {}
        rekeyed = {name for name in before if name in members and before[name] != fingerprints[name]}
        head = rules.follow(head, record, fingerprints, rekeyed=rekeyed)
        same("owner", head.owner, owner)
        ephemeral = X25519PrivateKey.from_private_bytes(bytes.fromhex(e["ephemeral_private"]))
        for w in e["wraps"]:
            to, m, iv = members[w["user"]], bytes.fromhex(w["mlkem_m"]), bytes.fromhex(w["iv"])
            receiver = e2e.read_key_record(to.key_record(0), realm, w["user"])
            same("wrap", e2e.wrap(key, record.hash, receiver, ephemeral, m, timestamp, iv), w["wrap"])
            same("K of the wrap", e2e.unwrap(bytes.fromhex(w["wrap"]), record.hash, to), key)
            other = next(person for person in identities.values() if person is not to)
            failure = error_of(lambda: e2e.unwrap(bytes.fromhex(w["wrap"]), record.hash, other))
            same("wrap of somebody else", failure, "wrong wrap")
        epochs.append(head)
        keys.append(key)
    return epochs, keys


def check_messages(v, identities, epochs, keys):
    link = ftc1.NONE
    for m in v["group"]["messages"]:
        link = link if any(bytes.fromhex(m["link"])) else ftc1.NONE
        epoch, key = epochs[m["epoch"]], keys[m["epoch"]]
        sender = identities[epoch.fingerprints[m["sender"]].hex()]
        message = e2e.Message(
            e2e.TEXT, epoch.record.conversation, m["epoch"], m["device"], m["n"], link, m["sent"],
            m["sender"], sender.fingerprint, m["text"].encode())
        key = e2e.message_key(key, epoch.record.hash)
        token = e2e.seal_message(key, message, sender.sign_key, v["timestamp"], bytes.fromhex(m["iv"]))
        same("message", token, m["token"])
        opened = e2e.open_message(key, m["token"])
        same("message as read", opened[:10], message[:10])
        same("signature", e2e.message_is_signed(opened, sender.public[:32]), True)
        same("signature of another", e2e.message_is_signed(opened, epoch.record.fingerprint), False)
        failure = error_of(lambda: e2e.open_message(keys[0], m["token"]))
        same("message under another key", failure, "it does not open")
        link = ftc1.H(token.encode())


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    l1, l2 = (json.loads((folder / f"l{n}.json").read_text("utf-8")) for n in (1, 2))
    for vector in l1["handshake"]:
        check_handshake(vector)
    check_login(l1["handshake"][0])  # the second has none
    same("secret", ftc1.read_secret(l1["fernet_psk_key"]), l1["handshake"][1]["psk"])
    check_refusals(l1)
    identities = check_identities(l2)
    check_messages(l2, identities, *check_group(l2, identities))
    return result()


if __name__ == "__main__":
    sys.exit(main())
