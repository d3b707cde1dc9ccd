"""Which epoch may follow which: the rules of FTC1 7.4 without signatures, input and output."""

from typing import NamedTuple

from e2e import DIRECT, E2eError, EpochRecord, members_hash

CREATE, ADD, REMOVE, ROTATE, REKEY, REPLACE, CLOSE = range(7)
MAX_EPOCHS, MAX_MEMBERS = 4_096, 1_001  # what one chain may cost us


class Member(NamedTuple):
    fingerprint: bytes
    since: int  # epoch of joining


class Epoch(NamedTuple):
    """A record that was accepted, and the list that it stands for."""
    record: EpochRecord
    members: dict  # name -> Member
    owner: str

    @property
    def fingerprints(self):
        return {name: member.fingerprint for name, member in self.members.items()}


def new_list(head, change, signer, fingerprints):
    """-> members and owner after a change that leaves these names with these fingerprints."""
    number, before = (head.record.epoch + 1, head.members) if head else (0, {})
    members = {}
    for name, fingerprint in fingerprints.items():
        was = before.get(name)
        stays = was and (was.fingerprint == fingerprint or change == REKEY)
        members[name] = Member(fingerprint, was.since if stays else number)
    owner = head.owner if head and change != REPLACE else signer
    if owner not in members:  # he has left: the one longest in the list follows, then by name
        owner = min(members, key=lambda name: (members[name].since, name))
    return members, owner


def follow(head, record, fingerprints, leavers=frozenset(), rekeyed=frozenset()):
    """The epoch that a record makes of the one before (None before epoch 0); E2eError if it must not.

    Checked by the caller: signatures, the group's id. `leavers`: who has said by a valid note that he
    leaves; `rekeyed`: whose new fingerprint is signed by the keys before."""
    def must(right, what):
        if not right:
            raise E2eError(f"epoch {record.epoch} has a wrong {what}")

    must(record.epoch == (head.record.epoch + 1 if head else 0), "number")
    must(record.epoch < MAX_EPOCHS and len(fingerprints) <= MAX_MEMBERS, "size")
    must((head is None) == (record.change == CREATE), "change")
    must(fingerprints.get(record.signer) == record.fingerprint, "signer")
    if head:
        must(record.previous == head.record.hash, "previous record")
        must(record[:2] == head.record[:2], "conversation")  # and kind
        must(head.record.change != CLOSE, "place: its conversation is closed")
        must(_allowed(head, record, fingerprints, leavers, rekeyed), "change")
    members, owner = new_list(head, record.change, record.signer, fingerprints)
    listed = members_hash(fingerprints, owner)
    must(record.count == len(members) and record.members_hash == listed, "list")
    return Epoch(record, members, owner)


def _allowed(head, record, new, leavers, rekeyed):
    """The table of 7.4: who may do what."""
    old, signer, direct = head.fingerprints, record.signer, record.kind == DIRECT
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {name for name in new.keys() & old.keys() if new[name] != old[name]}
    is_member = old.get(signer) == record.fingerprint
    is_owner = is_member and signer == head.owner
    confirmed = direct or changed and changed <= rekeyed and (is_member or signer in changed)
    return (not direct or record.change in (ROTATE, REKEY)) and {
        ADD: is_owner and added and not removed and not changed,
        REMOVE: is_member and removed and not added and not changed and (is_owner or removed <= leavers),
        ROTATE: is_member and new == old,
        REKEY: confirmed and not added and not removed,
        REPLACE: is_owner,
        CLOSE: is_member and new == old and (is_owner or old.keys() - {signer} <= leavers),
    }[record.change]
