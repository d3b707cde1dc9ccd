/**
 * The words of the plain face: whole lines, exactly as PRODUCT §3 has them.
 *
 * Everything that came from the network passes through `display.ts` here. A terminal uses the same
 * words. It writes nothing itself.
 *
 * @module
 */

import type { ChangeEntry } from "../protocol/event.ts";
import { displayLine, displayText } from "./display.ts";
import { helpDetail, helpScreen } from "./help.ts";
import { localMinute } from "./local_minute.ts";
import type { OpenedEntry, OpenedMessage } from "./opened.ts";
import type { Conversation, Shown } from "./shown.ts";

/**
 * Puts something to show into words.
 *
 * @param shown What.
 * @param me The canonical name of the user.
 * @returns One or more lines, without the line feed at the end.
 */
export function plainText(shown: Shown, me: string): string {
  switch (shown.type) {
    case "account_created":
      return `New account "${displayLine(shown.user)}" created.`;
    case "welcome":
      return `Welcome to the chatroom, ${displayLine(shown.user)}!`;
    case "entry":
      return withMarks(shown.entry, entryText(shown.entry, me) + offline(shown.entry, me));
    case "past": {
      const text = `${localMinute(shown.entry.at)} ${entryText(shown.entry, me)}`;
      return withMarks(shown.entry, text);
    }
    case "history":
      return shown.isOlder === true
        ? `--- ${number(shown.count)} Older ${shown.count === 1 ? "Message" : "Messages"} ---`
        : `--- Last ${number(shown.count)} Messages ---`;
    case "search":
      return `--- Messages with "${displayLine(shown.words.join(" "))}", newest first ---`;
    case "found":
      return foundText(shown);
    case "missed":
      return missedText(shown);
    case "now":
      return "--- now ---";
    case "joined":
      return `* ${displayLine(shown.user)} has joined the chat *`;
    case "left":
      return `* ${displayLine(shown.user)} has left the chat *`;
    case "names":
      return `Online users: ${list(shown.users)}`;
    case "groups":
      return shown.groups.length === 0
        ? "You are in no group."
        : `Your groups: ${list(shown.groups)}`;
    case "group_info":
      return groupText(shown);
    case "done":
      return displayLine(shown.text);
    case "keys":
      return KEY_WORDS[shown.level] + displayLine(shown.text);
    case "refused":
      return `ERROR: ${displayLine(shown.text)}`;
    case "usage":
      return `Usage: ${shown.usage}`;
    case "help":
      return shown.commands === undefined ? helpScreen() : helpDetail(shown.commands);
    case "chosen":
      return `Now talking to ${conversationText(shown.conversation)}.`;
    case "shutdown":
      return "SERVER SHUTTING DOWN. Goodbye!";
    case "goodbye":
      return "Goodbye!";
  }
}

/**
 * Names a conversation within a sentence.
 *
 * @param conversation Which.
 */
export function conversationText(conversation: Conversation): string {
  if (conversation.kind === "lobby") return "the lobby";
  const name = displayLine(conversation.name);
  return conversation.kind === "group" ? `group ${name}` : name;
}

const OFFLINE = " (offline, will be delivered)";

const DAMAGED = "[damaged]: the server cannot read this entry any more";

const KEY_WORDS = { notice: "NOTICE: ", warning: "WARNING: ", error: "ERROR: " } as const;

function entryText(entry: OpenedEntry, me: string): string {
  if (entry.t === "damaged") return entry.text === undefined ? DAMAGED : displayLine(entry.text);
  return entry.t === "message" ? messageText(entry, me) : changeText(entry);
}

/** Puts what is missing or odd around the text of a message. */
function withMarks(entry: OpenedEntry, text: string): string {
  const { before, beside, behind } = entry.t === "message" ? entry.marks ?? {} : {};
  const line = (mark: string | undefined) =>
    mark === undefined ? [] : [`--- ${displayLine(mark)} ---`];
  const own = beside === undefined ? text : `${text} (${displayLine(beside)})`;
  return [...line(before), own, ...line(behind)].join("\n");
}

function messageText({ kind, from, to, body }: OpenedMessage, me: string): string {
  const text = displayText(body);
  if (kind === "lobby") return `[${displayLine(from)}]: ${text}`;
  if (kind === "group") return `[Group: ${displayLine(to)}] ${displayLine(from)}: ${text}`;
  if (from === to && from === me) return `[Note]: ${text}`;
  return from === me
    ? `[DM to ${displayLine(to)}]: ${text}`
    : `[DM from ${displayLine(from)}]: ${text}`;
}

function changeText(entry: ChangeEntry): string {
  const group = displayLine(entry.group);
  switch (entry.change) {
    case "created":
      return `Group ${group} created with members: ${list(entry.members)}`;
    case "members": {
      const done = [
        ...(entry.added.length > 0 ? [`added ${list(entry.added)}`] : []),
        ...(entry.removed.length > 0 ? [`removed ${list(entry.removed)}`] : []),
      ];
      return `Group ${group}: ${displayLine(entry.by)} ${done.join(", ")}`;
    }
    case "left":
      return `Group ${group}: ${displayLine(entry.by)} left`;
    case "owner":
      return `Group ${group}: ${displayLine(entry.owner)} is the owner now`;
    case "deleted":
      return `Group ${group} deleted by ${displayLine(entry.by)}`;
  }
}

function missedText({ count, older }: Extract<Shown, { type: "missed" }>): string {
  const messages = count === 1 ? "1 message" : `${number(count)} messages`;
  const header = `--- ${messages} while you were away ---`;
  return older === 0 ? header : `${header}\n(${number(older)} older not shown: see @help history)`;
}

function foundText({ count, unreadable, at }: Extract<Shown, { type: "found" }>): string {
  const found = count === 1 ? "1 message found" : `${number(count)} messages found`;
  const stopped = at === "stopped" ? ", stopped before the first message" : "";
  const others = unreadable === 0 ? "" : `; ${number(unreadable)} could not be read`;
  return `--- ${found}${stopped}${others} ---`;
}

function groupText({ info }: Extract<Shown, { type: "group_info" }>): string {
  const group = displayLine(info.group);
  return `Group ${group}: owner ${displayLine(info.owner)}, since ${localMinute(info.since)}\n` +
    `Members of ${group}: ${list(info.members)}`;
}

function offline(entry: OpenedEntry, me: string): string {
  const isOffline = entry.t === "message" && entry.kind === "direct" && entry.offline === true &&
    entry.from === me && entry.to !== me;
  return isOffline ? OFFLINE : "";
}

function list(names: readonly string[]): string {
  return names.map(displayLine).join(", ");
}

function number(count: number): string {
  return count.toLocaleString("en");
}
