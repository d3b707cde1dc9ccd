"""A direct conversation or a group, end to end: sends, reads, changes it (FTC1 7.4-7.7)."""

import asyncio
import os
import time

import e2e
import rules
from connection import Denied
from e2e import DIRECT, GROUP, E2eError, EpochRecord, LeaveNote, Message
from epochs import Epochs
from ftc1 import NONE, H, X25519PrivateKey, b64
from rules import ADD, CLOSE, CREATE, REKEY, REMOVE, ROTATE

WRAPS_IN_FRAME = 28
MOST_TRIES = 8  # to be the first with the next epoch
WEEK, MOST_MESSAGES = 7 * 86_400_000, 10_000  # of one epoch (7.4)


def now():
    return time.time_ns() // 1_000_000


class Conversation:
    """`name`: the other user, or the group."""

    def __init__(self, me, kind, name, conversation):
        self.me, self.kind, self.name, self.id = me, kind, name, conversation
        self.epochs = Epochs(me, kind, name, conversation)
        self._lock = asyncio.Lock()  # one thing at a time
        self.counter = (0, 0)  # epoch and n of our last message
        self.newest, self.link = 0, NONE  # entry that we have read, and H of its token

    # --- Changes ---

    async def make(self, change, fingerprints, previous=NONE):
        """Makes the next epoch with this list: first the wraps, then the record (7.7).

        `previous`: of epoch 0, NONE or the nonce of a group and zeros."""
        me, head, number = self.me, self.epochs.head, len(self.epochs.all)
        owner = rules.new_list(head, change, me.user, fingerprints)[1]
        listed = e2e.members_hash(fingerprints, owner)
        key, receivers = os.urandom(32), dict(fingerprints)
        if change == ADD:
            key = e2e.added_key(self.epochs.key(number - 1), listed)
            receivers = {name: receivers[name] for name in receivers.keys() - head.members.keys()}
        if change == CLOSE:
            receivers = {}  # nothing will be sent
        record = e2e.sign_epoch(EpochRecord(
            self.kind, self.id, number, head.record.hash if head else previous, change, now(),
            len(fingerprints), listed, e2e.commitment(self.id, number, key), me.user,
            me.identity.fingerprint), me.identity.sign_key)
        ephemeral, wraps = X25519PrivateKey.generate(), []
        for name, to in (await me.keys.get(receivers)).items():
            wrap = await asyncio.to_thread(e2e.wrap, key, record.hash, to, ephemeral)
            wraps.append({"user": name, "fp": b64(to.fingerprint), "wrap": b64(wrap)})
        for i in range(0, len(wraps), WRAPS_IN_FRAME):
            await me.ask("wraps", record=b64(record.hash), m=wraps[i:i + WRAPS_IN_FRAME])
        about = {"to": self.name} if self.kind == DIRECT else {} if head else {"group": self.name}
        await me.ask("epoch", record=b64(record.octets), **about)
        await self.epochs.update()

    async def _get_ready(self):
        """Makes the epochs that must stand before anything is sent (7.4)."""
        while True:
            epochs, me, head = self.epochs, self.me, self.epochs.head
            if head is None:
                if self.kind == GROUP or self.name not in epochs.rekeyed:
                    raise E2eError(f"there are no keys for {self.name}")
                await self.make(CREATE, epochs.rekeyed)
                continue
            listed = head.fingerprints | epochs.rekeyed
            if head.record.change == CLOSE or listed.get(me.user) != me.identity.fingerprint:
                raise E2eError(f"you are not in {self.name} any more")
            if epochs.leavers:
                await self.make(REMOVE, {name: fingerprint for name, fingerprint in head.fingerprints.items()
                                         if name not in epochs.leavers})
            elif epochs.rekeyed:
                await self.make(REKEY, listed)
            elif (epochs.key(head.record.epoch) is None or now() > head.record.time + WEEK
                  or epochs.sent >= MOST_MESSAGES):
                await self.make(ROTATE, listed)
            else:
                return

    async def _persist(self, action):
        """Does it, as often as others change the conversation in between."""
        async with self._lock:
            if self.epochs.head is None:
                await self.epochs.update()
            for _ in range(MOST_TRIES):
                try:
                    await self._get_ready()
                    return await action()
                except Denied as error:
                    if error.code != "stale_epoch":
                        raise
                    await self.epochs.update()
            raise E2eError(f"the keys of {self.name} change too often")

    async def change(self, change, new_list):
        """`new_list`: a function, from the fingerprints before to those after."""
        async def make():
            before = self.epochs.head.fingerprints
            if change in (ADD, REMOVE) and new_list(before) == before:
                raise E2eError("that would change nothing")
            await self.make(change, new_list(before))
        await self._persist(make)

    async def leave(self):
        """By a note under the listed keys; the last member closes the group instead."""
        await self._persist(self._leave)

    async def _leave(self):
        me, head = self.me, self.epochs.head
        if len(head.members) == 1:
            return await self.make(CLOSE, head.fingerprints)
        note = LeaveNote(me.user, self.id, head.record.epoch, me.identity.fingerprint)
        note = e2e.sign_note(note, me.identity.sign_key)
        await me.ask("leave", conversation=b64(self.id), note=b64(note.octets))

    # --- Messages ---

    async def send(self, text):
        """-> the server's `ack`. The id stays the same however often it has to be sealed again."""
        fields = {"id": b64(os.urandom(16)), "to": self.name, "conversation": b64(self.id)}
        if self.kind == GROUP:
            fields["kind"] = "group"
        return await self._persist(lambda: self._send(text, fields))

    async def _send(self, text, fields):
        me, record = self.me, self.epochs.head.record
        n = self.counter[1] + 1 if self.counter[0] == record.epoch else 1
        message = Message(e2e.TEXT, self.id, record.epoch, me.device, n, self.link, now(), me.user,
                          me.identity.fingerprint, text.encode())
        key = e2e.message_key(self.epochs.key(record.epoch), record.hash)
        token = e2e.seal_message(key, message, me.identity.sign_key)
        answer = await me.ask("send", epoch=record.epoch, body=token, **fields)
        self.counter = (record.epoch, n)  # what was refused is no message: its n comes again
        return answer

    async def open(self, entry):
        """The message of an entry; passes every check of 7.6 but those of `n`, or raises E2eError."""
        e, token = entry["epoch"], entry["body"]
        epoch = await self._epoch(e)
        key = self.epochs.key(e)
        if key is None:
            raise E2eError("there is no key for you")
        message = e2e.open_message(e2e.message_key(key, epoch.record.hash), token)
        if (message.conversation, message.epoch) != (self.id, e):
            raise E2eError("it belongs elsewhere")
        listed = epoch.fingerprints.get(message.sender)
        if message.sender != entry["from"] or message.fingerprint != listed:
            raise E2eError("wrong sender")
        keys = await self.me.keys.get({message.sender: message.fingerprint})
        if not e2e.message_is_signed(message, keys[message.sender].ed):
            raise E2eError("wrong signature")
        if entry["id"] > self.newest:
            self.newest, self.link = entry["id"], H(token.encode())
        return message

    async def _epoch(self, e):
        if e >= len(self.epochs.all):
            await self.epochs.update()
        if not 0 <= e < len(self.epochs.all):
            raise E2eError("its epoch is not known")
        return self.epochs.all[e]

    async def check_change(self, entry):
        """Raises E2eError unless records and notes say the same as the server's entry."""
        if entry["change"] == "left":
            note = e2e.read_note(e2e.decode(entry["note"]))
            epoch = await self._epoch(note.epoch)
            right = (note.name == entry["by"] and note.conversation == self.id
                     and await self.epochs.is_valid(note, epoch.members.get(note.name)))
            if right and await self.epochs.is_valid(note, self.epochs.head.members.get(note.name)):
                self.epochs.leavers.add(note.name)  # nothing is sent to him any more (7.4)
        elif entry.get("epoch") is None:  # whose account ended was the last one: there is no record
            right = entry["change"] == "deleted" and entry["by"] == self.me.user
        else:
            epoch = await self._epoch(entry["epoch"])
            before = self.epochs.all[entry["epoch"] - 1] if entry["epoch"] else None
            old, new = before.fingerprints if before else {}, epoch.fingerprints
            changed = {name for name in new if new[name] != old.get(name)}
            right = entry.get("by", epoch.record.signer) == epoch.record.signer and {
                "created": before is None and set(entry.get("members", ())) == changed,
                "members": set(entry.get("added", ())) == changed
                and old.keys() - new.keys() >= set(entry.get("removed", ())),  # without who left before
                "owner": before is not None and before.owner != epoch.owner == entry.get("owner"),
                "deleted": epoch.record.change == CLOSE,
            }.get(entry["change"], False)
        if not right:
            raise E2eError("the records do not say so")


class Reading:
    """One pass over messages in the server's order: finds replays, late ones and holes (7.6)."""

    def __init__(self):
        self.seen = {}

    def judge(self, message):
        """-> "replay", "late", or how many of the same sender are missing before it."""
        way = message.conversation, message.epoch, message.sender, message.device
        seen, newest = self.seen.get(way, (set(), message.n - 1))  # before the first there is no hole
        if message.n in seen:
            return "replay"
        seen.add(message.n)
        self.seen[way] = seen, max(newest, message.n)
        return "late" if message.n < newest else message.n - newest - 1
