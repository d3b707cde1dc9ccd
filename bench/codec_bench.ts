/**
 * What it costs to check a command or an event, and to write one.
 *
 * `deno bench -A bench/codec_bench.ts`. What is decoded has been parsed before, as in `codec.ts`;
 * so the baselines say what checking adds to parsing, not what it replaces.
 *
 * @module
 */

import { decodeCommand, decodeEvent, encodeEvent } from "../protocol/codec.ts";
import { BODY_OCTETS, lobbyMessages } from "./lobby_messages.ts";

/** Characters of the id that a client gives a message. */
const ID_CHARACTERS = 22;

const [message] = lobbyMessages(1);
if (message === undefined) throw new Error("Cannot begin: no message");
const messageJson = JSON.stringify(message);
const messageObject = { ...message };
const send = {
  t: "send",
  id: "m".repeat(ID_CHARACTERS),
  to: "lobby",
  body: "x".repeat(BODY_OCTETS),
};
const sendJson = JSON.stringify(send);
if (!decodeCommand(send).ok || !decodeEvent(messageObject).ok) {
  throw new Error("Cannot begin: what is to be decoded is refused");
}

const command = { group: "a command in" };
Deno.bench("JSON.parse of a send", { ...command, baseline: true }, () => {
  JSON.parse(sendJson);
});
Deno.bench("decode a send", command, () => void decodeCommand(send));

const event = { group: "an event in" };
Deno.bench("JSON.parse of a message", { ...event, baseline: true }, () => {
  JSON.parse(messageJson);
});
Deno.bench("decode a message", event, () => void decodeEvent(messageObject));

const out = { group: "an event out" };
Deno.bench("JSON.stringify of a message", { ...out, baseline: true }, () => {
  JSON.stringify(message);
});
Deno.bench("encode a message", out, () => void encodeEvent(message));
