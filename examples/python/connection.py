"""A connection to a server: handshake, login, requests and their answers, the end (FTC1 3, 4)."""

import asyncio
import itertools
import os
import random
import sys
import time

import ftc1
from ftc1 import Ftc1Error
from lines import clean

TEXTS = {code: text for codes, text in (  # FTC1 3.12
    ("closed_early", "The server closed the connection before the handshake: wrong port, wrong or missing "
     "secret, or too many connections from your address."),
    ("bad_hello", "This is not a server of this program, or it uses another shared secret."),
    ("alert_1 version", "No common protocol version; one side is too old."),
    ("alert_2", "The server is busy; try again later."),
    ("downgrade", "Somebody between you and the server tampered with the version. Not connected."),
    ("bad_share bad_auth", "The server's key exchange is not genuine. Not connected."),
    ("bad_token bad_frame", "The connection was tampered with or the server is faulty. Disconnected."),
    ("truncated", "Connection lost (the server did not say goodbye)."),
    ("timeout", "No answer in time."),
    ("line_too_long", "Answer too long."),
    ("bad_login", "Incorrect password."),
    ("shutdown", "SERVER SHUTTING DOWN. Goodbye!"),
) for code in codes.split()}
LONGEST_WAIT = 60  # seconds; a longer one is the user's affair


class Refused(Exception):
    """It ends here: the text is for the user."""


class Denied(Exception):
    """The server's answer is `error`; the text is for the user."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def notice(text):
    print(text, file=sys.stderr, flush=True)


def apart(frame):
    """The events of a frame: a batch and a run of messages are taken apart."""
    for event in frame["m"] if frame["t"] == "batch" else [frame]:
        if event["t"] == "messages":
            yield from messages(event)
        else:
            yield event


def messages(run):
    """The messages of a run; each says how far its id and time are from those before."""
    head = {key: run[key] for key in ("conversation", "kind", "to", "epoch") if key in run}
    number, at = run["id"], run["at"]
    for sender, more, later, body in run["m"]:
        number += more
        at += later
        yield {"t": "message", "id": number, "at": at, "from": sender, "body": body, **head}


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.session = None  # none before the handshake: nothing can be sent
        self.ids, self.waiting = itertools.count(1), {}  # requests by id
        self.events = asyncio.Queue()  # what comes unasked, in order
        self.leaving = False
        self.sent_at, self.patience = 0.0, random.uniform(25, 35)  # FTC1 3.10

    async def line(self, seconds):
        try:
            return (await asyncio.wait_for(self.reader.readuntil(b"\n"), seconds))[:-1]
        except asyncio.LimitOverrunError:
            raise Ftc1Error("line_too_long") from None
        except TimeoutError:
            raise Ftc1Error("timeout" if self.session is None else "truncated") from None
        except (asyncio.IncompleteReadError, OSError):
            raise Ftc1Error("closed_early" if self.session is None else "truncated") from None

    def send(self, frame):
        self.writer.write(self.session.seal(frame) + b"\n")
        self.sent_at = time.monotonic()

    async def shake_hands(self, secret, fingerprint):
        """-> the realm of the server."""
        handshake = ftc1.ClientHandshake(secret)
        self.writer.write(handshake.hello() + b"\n")
        try:
            async with asyncio.timeout(10):
                handshake.read_hello(await self.line(10))
                session = handshake.read_auth(await self.line(10))
        except TimeoutError:
            raise Ftc1Error("timeout") from None
        actual = ftc1.fingerprint(handshake.identity)
        if fingerprint is None:
            notice(f"Not pinned; compare the fingerprint of the server: {actual}")
        elif fingerprint != actual:
            raise Refused(f"THE SERVER'S IDENTITY HAS CHANGED. Expected {fingerprint}, got {actual}. "
                          "Either the operator changed the key (ask him by another way) or you are "
                          "being intercepted. Not connected.")
        self.session = session
        return handshake.realm

    async def expect(self, kind):
        """The next frame of this type during the login."""
        while True:
            frame = self.session.unseal(await self.line(30))
            if frame["t"] == kind:
                return frame
            if frame["t"] == "error":
                raise Refused("ERROR: " + (TEXTS.get(str(frame.get("code"))) or clean(str(frame.get("msg")))))
            if frame["t"] == "bye":
                self.ended(frame)
            if frame["t"] == "ping":
                self.pong(frame)

    async def log_in(self, user, password, realm):
        """-> welcome, whether the account is new, the Identity (None if the vault is not ours)."""
        self.send({"t": "auth", "user": user})
        reply = await self.expect("auth")
        known = reply.get("known")
        if reply.get("user") != user or not isinstance(known, bool) or (known and reply.get("kdf") != 1):
            raise Ftc1Error("bad_frame")
        salt = ftc1.unb64(reply.get("salt"), 16) if known else os.urandom(16)
        if not known and len(password) < 8:
            raise Refused("ERROR: The password of a new account needs at least 8 characters.")
        login = ftc1.Login(user, password, realm, salt)
        if known:
            self.send({"t": "login", "sig": ftc1.b64(login.sign_login(self.session.binding))})
        else:
            identity = ftc1.Identity(os.urandom(32), realm, user)
            self.send({"t": "register", "kdf": 1, "salt": ftc1.b64(salt), "pk": ftc1.b64(login.public),
                       "sig": ftc1.b64(login.sign_register(self.session.binding)),
                       "keys": ftc1.b64(identity.key_record(int(time.time()))),
                       "vault": identity.vault(login.vault_key)})
        welcome = await self.expect("welcome")
        try:
            root = ftc1.open_vault(str(welcome.get("vault")), login.vault_key, realm, user)
        except Ftc1Error:
            return welcome, not known, None
        return welcome, not known, ftc1.Identity(root, realm, user)

    def pong(self, ping):
        self.send({"t": "pong", "re": ping["id"]} if "id" in ping else {"t": "pong"})

    def ended(self, bye):
        self.send({"t": "bye"})
        self.leaving = True
        reason = str(bye.get("reason", "no reason given"))
        raise Refused(TEXTS["shutdown"] if reason == "shutdown"
                      else f"The server ended the connection ({clean(reason)}).")

    async def listen(self):
        """Handles what comes, until the server has answered our `bye`."""
        while True:
            frame = self.session.unseal(await self.line(90))
            for event in apart(frame):
                if event["t"] == "bye" and self.leaving:
                    return
                if not self.leaving:
                    self.handle(event)

    def handle(self, event):
        if event["t"] == "batch":
            raise Ftc1Error("bad_frame")
        if event["t"] == "bye":
            self.ended(event)
        if event["t"] == "ping":
            self.pong(event)
        elif event.get("re") in self.waiting:
            self.waiting.pop(event["re"]).set_result(event)
        else:
            self.events.put_nowait(event)

    async def ask(self, kind, /, **fields):
        """Sends a request, again after `error rate`; gives the answer, or raises Denied."""
        frame = {"t": kind, "id": next(self.ids)} | fields
        while True:
            answer = self.waiting[frame["id"]] = asyncio.get_running_loop().create_future()
            self.send(frame)
            answer = await answer
            if answer["t"] != "error":
                return answer
            after = answer.get("after")
            after = after if isinstance(after, int) and after > 0 else 1
            if answer.get("code") != "rate" or after > LONGEST_WAIT:
                raise Denied(str(answer.get("code")), clean(str(answer.get("msg"))))
            await asyncio.sleep(after)

    async def stay_alive(self):
        while True:
            await asyncio.sleep(0.5)
            if not self.leaving and time.monotonic() - self.sent_at > self.patience:
                self.send({"t": "ping"})

    def say_goodbye(self):
        self.leaving = True
        self.send({"t": "bye"})
