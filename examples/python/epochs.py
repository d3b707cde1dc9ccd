"""The epochs of one conversation as a server shows them: fetched, checked, and their keys K (FTC1 7.4, 7.5).

Nothing is believed that is not signed by a member; the server only says which one is the newest."""

import asyncio
from typing import NamedTuple

import e2e
import rules
from e2e import DIRECT, GROUP, E2eError
from ftc1 import Identity, b64
from keys import Keys
from rules import ADD, REKEY

MOST_PIECES = 64  # of one epoch: 1,001 members added and removed, and as many leave notes


class Me(NamedTuple):
    """Who is logged in, and how the server is asked: (type, fields) -> answer, or an exception."""
    user: str
    realm: bytes
    identity: Identity
    device: int
    keys: Keys
    ask: object


class Epochs:
    def __init__(self, me, kind, name, conversation):
        self.me, self.kind, self.name, self.id = me, kind, name, conversation
        self.all, self._wraps, self._keys = [], [], {}  # epochs, what may hold their K, what did
        self.leavers, self.rekeyed = set(), {}  # what is open behind the newest epoch
        self.sent = 0  # messages in the newest epoch when we asked last
        self._broken = None  # why nothing new of this is believed any more
        self._lock = asyncio.Lock()

    @property
    def head(self):
        return self.all[-1] if self.all else None

    async def update(self):
        """Fetches the epochs that are new and checks each against the one before, from epoch 0."""
        async with self._lock:
            try:
                if self._broken is None:
                    await self._fetch()
            except E2eError as error:
                self._broken = str(error)
            if self._broken is not None:
                raise E2eError(self._broken)

    async def _fetch(self):
        e, pieces = len(self.all), []
        while True:
            place = {"from": e, "piece": len(pieces)}
            answer = await self.me.ask("epochs", conversation=b64(self.id), **place)
            head = answer.get("head", -1)
            if head < len(self.all) - 1:
                raise E2eError("the server shows an older state than before")
            if pieces and "record" not in pieces[0] and e <= head:
                pieces = []  # was open behind the newest epoch a moment ago, and there is one more now
                continue
            for piece in answer["pieces"]:
                if piece["e"] == e + 1 and e <= head:
                    await self._accept(pieces)
                    e, pieces = e + 1, []
                if piece["e"] != e or len(pieces) == MOST_PIECES:
                    raise E2eError("the server shows the epochs in a wrong order")
                pieces.append(piece)
            if not answer["more"]:
                break
            if not answer["pieces"]:
                raise E2eError("the server does not show all epochs")
        if pieces and e <= head:
            await self._accept(pieces)
            pieces = []
        self.sent = answer.get("sent", 0)
        self.leavers = await self._who_leaves(pieces)
        self.rekeyed = await self._who_has_new_keys(pieces)

    async def _accept(self, pieces):
        record = e2e.read_epoch(e2e.decode(pieces[0].get("record")))
        signer = (await self.me.keys.get({record.signer: record.fingerprint}))[record.signer]
        if not e2e.epoch_is_signed(record, signer.ed):
            raise E2eError(f"epoch {record.epoch} has a wrong signature")
        if self.head is None:
            self._check_first(record)
        fingerprints = dict(self.head.fingerprints) if self.head else {}
        for piece in pieces[1:]:
            for name in piece.get("removed", ()):
                fingerprints.pop(name, None)
            for name, fingerprint in piece.get("added", ()):
                fingerprints[name] = e2e.decode(fingerprint, 32)
        if self.kind == DIRECT and fingerprints.keys() != {self.me.user, self.name}:
            raise E2eError(f"epoch {record.epoch} has a wrong list")
        leavers, rekeyed = await self._who_leaves(pieces[1:]), set()
        if record.change == REKEY and self.kind == GROUP and self.head:
            for name, old in self.head.fingerprints.items():
                new = fingerprints.get(name, old)
                if new != old and await self.me.keys.leads(name, old, new):
                    rekeyed.add(name)
        self.all.append(rules.follow(self.head, record, fingerprints, leavers, rekeyed))
        self._wraps.append(pieces[0].get("wrap"))

    def _check_first(self, record):
        """The id of a group commits to its name and its creator (7.3)."""
        nonce, rest = record.previous[:16], record.previous[16:]
        if self.kind == GROUP:
            right = self.id == e2e.group_id(self.me.realm, self.name, nonce, record.fingerprint)
        else:
            right = not any(nonce)
        if not right or any(rest) or record.kind != self.kind or record.conversation != self.id:
            raise E2eError("its first epoch is of another conversation")

    async def _who_leaves(self, pieces):
        """The members of the newest list who have left by a valid note in these pieces."""
        names = set()
        for note in (e2e.read_note(e2e.decode(text)) for p in pieces for text in p.get("notes", ())):
            member = self.head.members.get(note.name) if self.head else None
            if await self.is_valid(note, member):
                names.add(note.name)
        return names

    async def is_valid(self, note, member):
        """Whether a leave note is one of this member, since he came."""
        if member is None or note.conversation != self.id or note.epoch < member.since:
            return False
        if note.fingerprint != member.fingerprint and not (
                await self.me.keys.leads(note.name, member.fingerprint, note.fingerprint)):
            return False
        keys = await self.me.keys.get({note.name: note.fingerprint})
        return e2e.note_is_signed(note, keys[note.name].ed)

    async def _who_has_new_keys(self, pieces):
        """Which fingerprints the next list must have in place of others: name -> fingerprint."""
        keys, listed = self.me.keys, self.head.fingerprints if self.head else {}
        if self.kind == DIRECT:  # those of the moment, whatever the list says
            present = await keys.present([self.name])
            now = {name: record.fingerprint for name, record in present.items()}
            now[self.me.user] = self.me.identity.fingerprint  # nobody tells us our own keys
            return {name: now[name] for name in now if now[name] != listed.get(name)}
        names = [name for piece in pieces for name in piece.get("rekeyed", ()) if name in listed]
        present = await keys.present(names)
        return {name: record.fingerprint for name, record in present.items()
                if await keys.leads(name, listed[name], record.fingerprint)}

    def key(self, e):
        """K of an epoch: from our wrap, or derived where members were only added; None without."""
        first = e
        while first not in self._keys and not self._open_wrap(first) and (
                self.all[first].record.change == ADD):
            first -= 1
        for i in range(first + 1, e + 1):
            if i - 1 in self._keys:
                self._keep(i, e2e.added_key(self._keys[i - 1], self.all[i].record.members_hash))
        return self._keys.get(e)

    def _open_wrap(self, e):
        try:
            wrap = e2e.decode(self._wraps[e], 1225)
            return self._keep(e, e2e.unwrap(wrap, self.all[e].record.hash, self.me.identity))
        except E2eError:
            return False

    def _keep(self, e, key):
        fits = e2e.commitment(self.id, e, key) == self.all[e].record.commitment
        if fits:
            self._keys[e] = key
        return fits
