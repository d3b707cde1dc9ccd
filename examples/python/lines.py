"""What a user sees: one line for each entry (PRODUCT's plain face), safe for a terminal (FTC1 6)."""

import re
import unicodedata
from datetime import datetime

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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


def message_line(entry, text, me):
    kind, sender, to = entry["kind"], clean(entry["from"]), clean(entry["to"])
    body = "\n| ".join(clean(line, keep="\t") for line in text.split("\n"))
    if kind == "lobby":
        return f"[{sender}]: {body}"
    if kind == "group":
        return f"[Group: {to}] {sender}: {body}"
    if sender == to:
        return f"[Note]: {body}"
    if sender == me:
        return f"[DM to {to}]: {body}" + (" (offline, will be delivered)" if entry.get("offline") else "")
    return f"[DM from {sender}]: {body}"


def opened_lines(entry, message, place, me):
    """A message that was sealed; `place` is what Reading.judge() says of it."""
    if place == "replay":
        return []
    sender, line = clean(entry["from"]), message_line(entry, message.body.decode(), me)
    if place == "late":
        line += " (late)"
    if abs(message.time - entry["at"]) > 600_000:
        line += f" (sent at {moment(message.time)} by the sender's clock)"
    if place in ("late", 0):
        return [line]
    return [f"--- {place:,} messages from {sender} are missing here ---" if place > 1
            else f"--- 1 message from {sender} is missing here ---", line]


def moment(ms):
    """Local date and time."""
    try:
        return f"{datetime.fromtimestamp(ms / 1000):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "?"


def marked_line(entry, reason):
    """In the place of a message or a change that fails a check."""
    if entry["t"] == "change":
        return f"[not shown]: a change of group {clean(entry['group'])}: {reason}"
    where = "in" if entry["kind"] == "group" else "to"
    return f"[not shown]: message from {clean(entry['from'])} {where} {clean(entry['to'])}: {reason}"


def event_line(event, me):
    """The line for what is not sealed, None where there is none; raises where a field is wrong."""
    if event["t"] == "error":
        return f"ERROR: {clean(event['msg'])}"
    if event["t"] == "change":
        return change_line(event)
    if event["t"] == "damaged":
        return "[not shown]: damaged on the disk of the server"
    return message_line(event, event["body"], me) if event["t"] == "message" else None
