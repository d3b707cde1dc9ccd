"""A small Fernchat client: `client.py HOST PORT --user NAME --password-file FILE`.

Written from docs/FTC1.md and docs/PROTOCOL.md alone. Conversation goes to standard output, one line
for each event; notices about the connection go to standard error. What it leaves out: README.md.
Exit codes: 0 everything stored, 1 connection or login failed, 2 wrong arguments, 3 not all stored.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import threading
import time
import unicodedata
from contextlib import suppress
from datetime import datetime

import ftc1
from ftc1 import Ftc1Error

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
WRONG_SHAPE = (AttributeError, LookupError, TypeError, ValueError, OverflowError)  # what a bad frame causes
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Refused(Exception):
    """The server's `error` or `bye`: the text is for the user."""


def notice(text):
    print(text, file=sys.stderr, flush=True)


def clean(text, keep=""):
    """Makes text of the network safe for a terminal (FTC1 6)."""
    out, marks = [], 0
    for c in BIDI.sub("", text):
        category = unicodedata.category(c)
        if category != "Cf":  # an invisible character is not a new base
            marks = marks + 1 if category[0] == "M" else 0
        if marks <= 8:
            out.append(f"\\x{ord(c):02x}" if category == "Cc" and c not in keep else c)
    right_to_left = any(unicodedata.bidirectional(c) in ("R", "AL") for c in out if len(c) == 1)
    return "\u2068" + "".join(out) + "\u2069" if right_to_left else "".join(out)


def change_line(entry):
    names = {field: ", ".join(map(clean, entry.get(field, ()))) for field in ("members", "added", "removed")}
    group, by, owner = (clean(entry.get(field, "")) for field in ("group", "by", "owner"))
    return {
        "created": f"Group {group} created with members: {names['members']}",
        "members": f"Group {group}: {by} " + ", ".join(f"{k} {v}" for k, v in names.items() if v),
        "left": f"Group {group}: {by} left",
        "owner": f"Group {group}: {owner} is the owner now",
        "deleted": f"Group {group} deleted by {by}",
    }.get(entry["change"])


def event_line(event, me):
    """The line for an entry or an error, None for other events; raises one of WRONG_SHAPE."""
    if event["t"] == "error":
        return f"ERROR: {clean(event['msg'])}"
    if event["t"] == "change":
        return change_line(event)
    if event["t"] != "message":
        return None
    kind, sender, to = event["kind"], clean(event["from"]), clean(event["to"])
    body = "\n| ".join(clean(line, keep="\t") for line in event["body"].split("\n"))
    if kind == "lobby":
        return f"[{sender}]: {body}"
    if kind == "group":
        return f"[Group: {to}] {sender}: {body}"
    if sender == to:
        return f"[Note]: {body}"
    if sender == me:
        return f"[DM to {to}]: {body}" + (" (offline, will be delivered)" if event.get("offline") else "")
    return f"[DM from {sender}]: {body}"


class Client:
    def __init__(self, reader, writer, me):
        self.reader, self.writer, self.me = reader, writer, me
        self.session = None  # none before the handshake: nothing can be sent
        self.waiting, self.held = {}, []  # requests by id; events that come while catching up
        self.shown = self.confirmed = 0  # ids of entries
        self.caught_up = self.leaving = False
        self.progress = asyncio.Event()
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

    async def log_in(self, password, realm):
        self.send({"t": "auth", "user": self.me})
        reply = await self.expect("auth")
        known = reply.get("known")
        if reply.get("user") != self.me or not isinstance(known, bool) or (known and reply.get("kdf") != 1):
            raise Ftc1Error("bad_frame")
        salt = ftc1.unb64(reply.get("salt"), 16) if known else os.urandom(16)
        if not known and len(password) < 8:
            raise Refused("ERROR: The password of a new account needs at least 8 characters.")
        login = ftc1.Login(self.me, password, realm, salt)
        if known:
            self.send({"t": "login", "sig": ftc1.b64(login.sign_login(self.session.binding))})
        else:
            identity = ftc1.Identity(os.urandom(32), realm, self.me)
            self.send({"t": "register", "kdf": 1, "salt": ftc1.b64(salt), "pk": ftc1.b64(login.public),
                       "sig": ftc1.b64(login.sign_register(self.session.binding)),
                       "keys": ftc1.b64(identity.key_record(int(time.time()))),
                       "vault": identity.vault(login.vault_key)})
        welcome = await self.expect("welcome")
        try:
            ftc1.open_vault(str(welcome.get("vault")), login.vault_key, realm, self.me)
        except Ftc1Error:
            notice("The server shows a vault that is not yours: no end-to-end encryption.")
        if not known:
            print(f'New account "{self.me}" created.')
        print(f"Welcome to the chatroom, {self.me}!")
        return welcome

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
            for event in frame["m"] if frame["t"] == "batch" else [frame]:
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
        elif self.caught_up:
            self.show(event)
        else:
            self.held.append(event)

    def show(self, event, stamp=""):
        line = event_line(event, self.me)
        if line is not None:
            print(stamp + line)
        if event["t"] in ("message", "change"):
            self.shown = max(self.shown, event["id"])
            self.progress.set()

    async def ask(self, frame):
        """Sends a request, again after `error rate`; gives the answer, which may be an error."""
        while True:
            self.waiting[frame["id"]] = asyncio.get_running_loop().create_future()
            future = self.waiting[frame["id"]]
            self.send(frame)
            answer = await future
            if answer["t"] != "error" or answer.get("code") != "rate":
                return answer
            after = answer.get("after")
            await asyncio.sleep(after if isinstance(after, int) and 0 < after < 600 else 1)

    async def catch_up(self, cursor, last):
        """Shows the entries that were missed, fetched in pages, then what came meanwhile."""
        missed, after, more = [], cursor, cursor < last
        while more:
            page = await self.ask({"t": "history", "id": f"history {after}", "after": after, "upto": last,
                                   "limit": 1000, "from": "oldest", "kinds": "all"})
            if page["t"] == "error":  # going on would confirm what was never shown
                raise Refused(event_line(page, self.me))
            missed += page["entries"]
            more = page["more"] and after < missed[-1]["id"]
            after = missed[-1]["id"] if missed else after
        if missed:
            print(f"--- {len(missed)} messages while you were away ---")
            for entry in missed:
                self.show(entry, f"{datetime.fromtimestamp(entry['at'] / 1000):%Y-%m-%d %H:%M} ")
            print("--- now ---")
        for event in self.held:
            self.show(event)
        self.held, self.caught_up = [], True

    async def say(self, to, body):
        """Sends one message and waits until it is stored and shown. True if it was stored."""
        if len(body) > 4000:
            print(f"ERROR: Message too long ({len(body):,} of 4,000 characters).")
            return False
        answer = await self.ask({"t": "send", "id": ftc1.b64(os.urandom(16)), "to": to, "body": body})
        if answer["t"] != "ack":
            self.show(answer)
            return False
        try:
            async with asyncio.timeout(5):  # our own copy comes as an entry, before or after the ack
                while self.shown < answer["id"]:
                    self.progress.clear()
                    await self.progress.wait()
        except TimeoutError:
            notice("Stored, but the server did not send it back.")
        return True

    async def type(self, welcome):
        """Sends the lines of standard input, one after the other; then says bye."""
        await self.catch_up(welcome["cursor"], welcome["last"])
        lines, all_stored = lines_of_input(), True
        while (line := await lines.get()) is not None:
            line = line.removesuffix("\n").removesuffix("\r")
            direct = re.fullmatch(r"@([^\s@]+) (.*\S.*)", line)
            if direct:
                all_stored &= await self.say(*direct.groups())
            elif line.startswith("@") and not line.startswith("@@"):
                print("Usage: @name text")
                all_stored = False
            elif line.strip():
                all_stored &= await self.say("lobby", line.removeprefix("@"))
        self.confirm()
        self.leaving = True
        self.send({"t": "bye"})
        return 0 if all_stored else 3

    def confirm(self):
        if self.shown > self.confirmed:
            self.confirmed = self.shown
            self.send({"t": "seen", "upto": self.shown})

    async def tick(self):
        while True:
            await asyncio.sleep(0.5)
            if not self.leaving:
                self.confirm()
                if time.monotonic() - self.sent_at > self.patience:
                    self.send({"t": "ping"})


def lines_of_input():
    """A queue of the lines of standard input, then None. A thread reads: a file cannot be awaited."""
    queue, loop = asyncio.Queue(), asyncio.get_running_loop()

    def read():
        with suppress(RuntimeError):  # the conversation is over
            with open(0, encoding="utf-8", errors="replace", newline="\n", closefd=False) as lines:
                for line in lines:
                    loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)
    threading.Thread(target=read, daemon=True).start()
    return queue


async def talk(args):
    try:
        connecting = asyncio.open_connection(args.host, args.port, limit=ftc1.LINE_LIMIT)
        reader, writer = await asyncio.wait_for(connecting, 10)
    except (OSError, TimeoutError) as error:
        raise Refused(f"Cannot connect to {args.host} port {args.port}: {error or 'no answer'}") from None
    client = Client(reader, writer, args.user)
    try:
        realm = await client.shake_hands(args.secret, args.fingerprint)
        welcome = await client.log_in(args.password, realm)
        listening, typing, ticking = tasks = [
            asyncio.create_task(c) for c in (client.listen(), client.type(welcome), client.tick())]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if typing not in done:
            for task in done:
                task.result()  # raises what ended the conversation
        code = typing.result()
        await asyncio.wait([listening], timeout=2)  # for the other side's `bye`
        if listening.done():
            listening.exception()  # looked at, so asyncio does not complain; all is stored by now
        return code
    except (Ftc1Error, Refused, *WRONG_SHAPE) as error:
        if isinstance(error, WRONG_SHAPE):
            error = Ftc1Error("bad_frame")
        if client.session and not client.leaving:
            client.send({"t": "bye"})
        raise error
    finally:
        writer.close()


def read_line(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return file.readline().removesuffix("\n").removesuffix("\r")


def main():
    parser = argparse.ArgumentParser(description="A small Fernchat client.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", required=True, metavar="FILE")
    parser.add_argument("--secret-file", metavar="FILE")
    parser.add_argument("--fingerprint")
    args = parser.parse_args()
    try:
        args.user = ftc1.canonical(args.user)
        args.password = read_line(args.password_file)
        ftc1.prepare_password(args.password)
        args.secret = ftc1.read_secret(read_line(args.secret_file)) if args.secret_file else ftc1.NONE
    except (Ftc1Error, OSError, UnicodeDecodeError) as error:
        parser.error(str(error))
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    sys.stderr.reconfigure(encoding="utf-8")
    try:
        return asyncio.run(talk(args))
    except Refused as error:
        notice(str(error))
    except Ftc1Error as error:
        notice(TEXTS.get(error.code, error.code))
    except KeyboardInterrupt:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
