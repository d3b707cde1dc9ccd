"""Key records as a server hands them out (FTC1 7.2). A fingerprint says which record it is, so those
can be kept and need no trust; which record is the *present* one is the server's word."""

import e2e
from e2e import E2eError
from ftc1 import b64

MOST_ASKED, MOST_KEYS = 400, 100  # in one request; in the line of one account


class Keys:
    def __init__(self, ask, realm):
        self.ask, self.realm = ask, realm
        self.known = {}  # (user, fingerprint) -> KeyRecord

    async def present(self, users):
        """user -> his present record; who does not exist is left out."""
        records = await self._fetch([{"user": user} for user in users])
        return {user: record for user, record in zip(users, records) if record}

    async def get(self, fingerprints):
        """user -> the record with his fingerprint, for all of a dict or pairs."""
        wanted = dict(fingerprints)
        missing = [item for item in wanted.items() if item not in self.known]
        records = await self._fetch([{"user": user, "fp": b64(fp)} for user, fp in missing])
        for (user, fingerprint), record in zip(missing, records):
            if record is None or record.fingerprint != fingerprint:
                raise E2eError(f"the server does not show the keys of {user}")
        return {item[0]: self.known[item] for item in wanted.items()}

    async def leads(self, user, old, new):
        """Whether keys, each signed by those before, lead from one fingerprint to another."""
        before = (await self.get({user: old}))[user]
        if e2e.follows((await self.get({user: new}))[user], before):
            return True
        for _ in range(MOST_KEYS):
            answer = await self.ask("lineage", user=user, **{"from": b64(before.fingerprint)})
            for text in answer["keys"]:
                record = self._read(user, text)
                if not e2e.follows(record, before):
                    return False
                if record.fingerprint == new:
                    return True
                before = record
            if not answer["more"]:
                break
        return False

    async def _fetch(self, wanted):
        records = []
        while len(records) < len(wanted):  # an answer has as many as fit
            rest = wanted[len(records):][:MOST_ASKED]
            answer = (await self.ask("keys", of=rest))["m"]
            if not 0 < len(answer) <= len(rest):
                raise E2eError("the server answers with other keys")
            for asked, given in zip(rest, answer):
                records.append(self._read(asked["user"], given["keys"]) if "keys" in given else None)
        return records

    def _read(self, user, text):
        record = e2e.read_key_record(e2e.decode(text), self.realm, user)
        self.known[user, record.fingerprint] = record
        return record
