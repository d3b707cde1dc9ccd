/**
 * A bot in ten lines: answers `!ping`, `!time` and `!roll 6` in the lobby, in groups and directly.
 *
 * FERNCHAT_SERVER=chat://… FERNCHAT_PASSWORD=… deno run -A examples/bot/bot.ts
 *
 * @module
 */

import { connect } from "../../mod.ts";

const server = Deno.env.get("FERNCHAT_SERVER") ?? "127.0.0.1 9999";
const password = Deno.env.get("FERNCHAT_PASSWORD") ?? "";

await using chat = await connect({ server, user: "robot", password, register: true });

for await (const event of chat) {
  if (event.t !== "message" || event.from === chat.user) continue;
  const answer = answerTo(event.body);
  if (answer === null) continue;
  const to = event.kind === "direct" ? event.from : event.to;
  // The id says which message it answers: after a crash the same answer goes out once.
  await chat.send(to, answer, { id: `answer-${event.id}` });
}

function answerTo(text: string): string | null {
  const [word, sides = "6"] = text.split(/\s+/);
  if (word === "!ping") return "pong";
  if (word === "!time") return new Date().toISOString();
  if (word === "!roll") {
    return `You rolled ${1 + Math.floor(Math.random() * (Number(sides) || 6))}.`;
  }
  return null;
}
