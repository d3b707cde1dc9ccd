"""A small Fernchat client: `client.py HOST PORT --user NAME --password-file FILE`.

Written from docs/FTC1.md and docs/PROTOCOL.md alone. Conversation goes to standard output, one line
for each event; notices about the connection go to standard error. What may be typed, and what this
leaves out: README.md.
Exit codes: 0 everything stored, 1 connection or login failed, 2 wrong arguments, 3 not all stored.
"""

import argparse
import asyncio
import os
import re
import sys
import threading
from contextlib import suppress

import e2e
import ftc1
from connection import TEXTS, Connection, Denied, Refused, notice
from conversation import Conversation, Reading
from e2e import DIRECT, GROUP, E2eError
from epochs import Me
from ftc1 import Ftc1Error
from keys import Keys
from lines import event_line, marked_line, moment, opened_lines
from rules import ADD, CLOSE, CREATE, REMOVE, REPLACE

WRONG_SHAPE = (AttributeError, LookupError, TypeError, ValueError, OverflowError)  # what a bad frame causes
USAGE = ("Usage: text | @name text | @history N [name] | @verify NAME | @group set|add|remove GROUP a,b,c | "
         "@group leave|delete GROUP")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # may not be sent (FTC1 6)


class Usage(Exception):
    """What was typed is nothing that can be done."""


def canonical(name):
    try:
        return ftc1.canonical(name)
    except Ftc1Error:
        raise E2eError(f"{name} cannot be a name") from None


def sentence(error):
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


class Client:
    def __init__(self, connection, user, realm, identity):
        self.connection, self.ask, self.user, self.realm = connection, connection.ask, user, realm
        self.keys, device = Keys(self.ask, realm), int.from_bytes(os.urandom(4), "big")
        self._me = identity and Me(user, realm, identity, device, self.keys, self.ask)
        self.conversations, self.reading = {}, Reading()
        self.shown = self.confirmed = 0  # ids of entries
        self.progress, self.caught_up = asyncio.Event(), asyncio.Event()

    # --- Conversations ---

    @property
    def me(self):
        if self._me is None:
            raise E2eError("your keys do not open, so there is only the lobby")
        return self._me

    def conversation(self, kind, name, conversation):
        found = self.conversations.setdefault(conversation, Conversation(self.me, kind, name, conversation))
        if (found.kind, found.name) != (kind, name):
            raise E2eError("it belongs elsewhere")
        return found

    def direct(self, name):
        return self.conversation(DIRECT, name, e2e.direct_id(self.realm, self.user, name))

    async def find(self, name):
        """The conversation that a name means: with a user, or of one of our groups."""
        name = canonical(name)
        found = await self.ask("lookup", name=name)
        if found["kind"] == "user":
            return self.direct(name)
        return self.conversation(GROUP, name, ftc1.unb64(found["conversation"], 32))

    async def find_group(self, name):
        """None if there is none that we are in."""
        try:
            found = await self.find(name)
        except Denied as error:
            if error.code in ("no_user", "no_group"):
                return None
            raise
        return found if found.kind == GROUP else None

    # --- What is shown ---

    async def lines_for(self, event, reading):
        """What fails a check of what is signed is one marked line."""
        try:
            if event["t"] == "message" and event["kind"] != "lobby":
                message = await self.conversation_of(event).open(event)
                return opened_lines(event, message, reading.judge(message), self.user)
            if event["t"] == "change":
                await self.conversation_of(event).check_change(event)
        except (E2eError, Denied) as error:
            return [marked_line(event, error)]
        return [event_line(event, self.user)]

    def conversation_of(self, entry):
        if entry["t"] == "change" or entry["kind"] == "group":
            name = entry["group"] if entry["t"] == "change" else entry["to"]
            return self.conversation(GROUP, name, ftc1.unb64(entry["conversation"], 32))
        found = self.direct(entry["to"] if entry["from"] == self.user else entry["from"])
        if ftc1.b64(found.id) != entry["conversation"]:
            raise E2eError("it belongs elsewhere")
        return found

    async def show(self, event, reading, stamp=""):
        for line in await self.lines_for(event, reading):
            if line is not None:
                print(line if line.startswith("---") else stamp + line)
        if reading is self.reading and event["t"] in ("message", "change", "damaged"):
            self.shown = max(self.shown, event["id"])
            self.progress.set()

    async def show_past(self, entries, reading):
        for entry in entries:
            await self.show(entry, reading, moment(entry["at"]) + " ")

    async def display(self, cursor, last):
        """Shows what was missed, fetched in pages, then what comes."""
        missed, after, more = [], cursor, cursor < last
        while more:
            page = await self.ask("history", after=after, upto=last, limit=1000, kinds="all",
                                  **{"from": "oldest"})
            missed += page["entries"]
            more = page["more"] and after < missed[-1]["id"]
            after = missed[-1]["id"] if missed else after
        if missed:
            print(f"--- {len(missed)} messages while you were away ---")
            await self.show_past(missed, self.reading)
            print("--- now ---")
        self.caught_up.set()
        while True:
            await self.show(await self.connection.events.get(), self.reading)
            self.connection.events.task_done()

    def confirm(self):
        if self.shown > self.confirmed:
            self.confirmed = self.shown
            self.connection.send({"t": "seen", "upto": self.shown})

    async def keep_confirming(self):
        while True:
            await asyncio.sleep(0.5)
            if not self.connection.leaving:
                self.confirm()

    # --- What is typed ---

    async def type(self):
        """Does what the lines of standard input say, one after the other; then says bye."""
        await self.caught_up.wait()
        lines, all_done = lines_of_input(), True
        while (line := await lines.get()) is not None:
            line = line.removesuffix("\n").removesuffix("\r")
            try:
                await self.obey(line)
                await self.connection.events.join()
            except (Denied, E2eError) as error:
                all_done = False
                print(f"ERROR: {sentence(error)}")
            except Usage:
                all_done = False
                print(USAGE)
        self.confirm()
        self.connection.say_goodbye()
        return 0 if all_done else 3

    async def obey(self, line):
        for pattern, action in COMMANDS:
            match = re.fullmatch(pattern, line)
            if match:
                return await action(self, *match.groups())
        if line.strip():
            raise Usage

    async def say(self, to, text):
        """Sends one message and waits until it is stored and shown."""
        if len(text) > 4000:
            raise E2eError(f"Message too long ({len(text):,} of 4,000 characters)")
        if CONTROL.search(text):
            raise E2eError("Message contains control characters")
        if to == "lobby":
            ack = await self.ask("send", id=ftc1.b64(os.urandom(16)), to=to, body=text)
        else:
            ack = await (await self.find(to)).send(text)
        try:
            async with asyncio.timeout(5):  # our own copy comes as an entry, before or after the ack
                while self.shown < ack["id"]:
                    self.progress.clear()
                    await self.progress.wait()
        except TimeoutError:
            notice("Stored, but the server did not send it back.")

    async def say_to_all(self, text):
        if text.strip():
            await self.say("lobby", text)

    async def history(self, count, name):
        """The last messages; with nothing but the password also those of years ago."""
        count, entries, more, fields = int(count), [], True, {"of": canonical(name)} if name else {}
        if count > 1000:
            raise Usage
        while more and len(entries) < count:
            page = await self.ask("history", limit=count - len(entries), **fields)
            entries = page["entries"] + entries
            more = page["more"] and bool(page["entries"])
            fields["upto"] = entries[0]["id"] - 1 if entries else 0
        print(f"--- Last {len(entries)} Messages ---")
        await self.show_past(entries, Reading())

    async def verify(self, name):
        present = await self.keys.present([canonical(name)])
        for record in present.values():
            number = e2e.safety_number(self.me.identity.fingerprint, record.fingerprint)
            print(f"Safety number with {record.user}, to be compared by voice or in person: {number}")
        if not present:
            raise E2eError(f"User {name} does not exist")

    async def fingerprints(self, names, what):
        names = {canonical(name) for name in names.split(",") if name} - {self.user}
        present = await self.keys.present(sorted(names))
        if names - present.keys():
            raise E2eError(f"Unknown users: {', '.join(sorted(names - present.keys()))}. Nothing {what}")
        return {name: record.fingerprint for name, record in present.items()}

    async def set_group(self, name, names):
        """A new group of ours, or other members for one that is ours."""
        name, nonce, mine = canonical(name), os.urandom(16), self.me.identity.fingerprint
        found = await self.find_group(name)
        members = {self.user: mine} | await self.fingerprints(names, "changed" if found else "created")
        if found:
            return await found.change(REPLACE, lambda _: members)
        group = self.conversation(GROUP, name, e2e.group_id(self.realm, name, nonce, mine))
        await group.make(CREATE, members, nonce + bytes(16))

    async def change_group(self, verb, name, names=""):
        group = await self.find_group(name)
        if group is None:
            raise E2eError(f"No group {name} that you are in")
        if verb == "leave":
            return await group.leave()
        if verb == "delete":
            return await group.change(CLOSE, lambda members: members)
        if verb == "add":
            members = await self.fingerprints(names, "changed")
            return await group.change(ADD, lambda before: members | before)
        gone = {canonical(other) for other in names.split(",") if other}
        await group.change(REMOVE, lambda before: {n: before[n] for n in before.keys() - gone})


COMMANDS = (
    (r"@history ([1-9]\d{0,3})(?: (\S+))?", Client.history),
    (r"@verify (\S+)", Client.verify),
    (r"@group set (\S+) (\S+)", Client.set_group),
    (r"@group (add|remove) (\S+) (\S+)", Client.change_group),
    (r"@group (leave|delete) (\S+)", Client.change_group),
    (r"@(?!(?:history|verify|group) )([^\s@]+) (.*\S.*)", Client.say),
    (r"@(@.*)|([^@].*)", lambda client, escaped, text: client.say_to_all(escaped or text)),
)


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
    connection = Connection(reader, writer)
    try:
        realm = await connection.shake_hands(args.secret, args.fingerprint)
        welcome, is_new, identity = await connection.log_in(args.user, args.password, realm)
        if is_new:
            print(f'New account "{args.user}" created.')
        print(f"Welcome to the chatroom, {args.user}!")
        notice("The server can read the lobby; everything else is encrypted end to end.")
        if identity is None:
            notice("The server shows a vault that is not yours: there is nothing but the lobby.")
        client = Client(connection, args.user, realm, identity)
        work = (client.display(welcome["cursor"], welcome["last"]), client.type(), connection.listen(),
                connection.stay_alive(), client.keep_confirming())
        _, typing, listening, *_ = tasks = [asyncio.create_task(each) for each in work]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if typing not in done:
            for task in done:
                task.result()  # raises what ended the conversation
        code = typing.result()
        await asyncio.wait([listening], timeout=2)  # for the other side's `bye`
        if listening.done():
            listening.exception()  # looked at, so asyncio does not complain; all is stored by now
        return code
    except (Ftc1Error, Refused, Denied, *WRONG_SHAPE) as error:
        if isinstance(error, WRONG_SHAPE):
            error = Ftc1Error("bad_frame")
        if connection.session and not connection.leaving:
            connection.say_goodbye()
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
    except (Refused, Denied) as error:
        notice(str(error))
    except Ftc1Error as error:
        notice(TEXTS.get(error.code, error.code))
    except KeyboardInterrupt:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
