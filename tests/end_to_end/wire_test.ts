import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { RecordingProxy } from "../testing/recording_proxy.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

/** Octets of a frame's line with its line feed (FTC1 §3.14). */
const SIZES = [441, 781, 1_465, 2_829, 5_561, 11_021, 21_945, 43_789, 87_481];

/** Octets of the lines of the handshake, without their line feeds (FTC1 §3.4). */
const HANDSHAKE = { up: [1_740], down: [1_612, 248] };

const TOKEN = /^[A-Za-z0-9_-]+={0,2}$/;

/** The octets of a token, with the structure that the Fernet specification gives them. */
function octetsOf(line: string): Uint8Array {
  match(line, TOKEN);
  const octets = Uint8Array.fromBase64(line, { alphabet: "base64url" });
  strictEqual(octets.toBase64({ alphabet: "base64url" }), line, "more than one spelling");
  strictEqual(octets[0], 0x80);
  const seconds = Number(new DataView(octets.buffer).getBigUint64(1));
  ok(Math.abs(seconds - Date.now() / 1_000) < 300, `${seconds} is not the time`);
  strictEqual((octets.length - 57) % 16, 0);
  ok(octets.length >= 73);
  return octets;
}

Deno.test("a session on the wire is Fernet tokens and line feeds, octet for octet", async (t) => {
  await using scene = await Scene.open();
  await using proxy = new RecordingProxy(scene.server.port);
  const words = ["Rumpelstilzchen", "Dornröschen", "Aschenputtel", "Rapunzel"] as const;
  const alice = await scene.client("alice-of-the-hill", { port: proxy.port });
  await alice.out.until("Welcome to the chatroom, alice-of-the-hill!");
  const bob = await scene.client("bob-of-the-valley", { port: proxy.port });
  await bob.out.until("Welcome to the chatroom, bob-of-the-valley!");
  await bob.types(
    words[0],
    `@alice-of-the-hill ${words[1]}`,
    "@group set mountaineers alice-of-the-hill",
    `@mountaineers ${words[2]}`,
    `${words[3]} `.repeat(440),
    "@names",
    "@history 100",
    "@group info mountaineers",
    "@no-such-name hello",
  );
  await alice.out.until(/Rapunzel/);
  await bob.out.until(/^ERROR: /);
  /** The lengths of bob's lines while he says something; everybody has the keys by now. */
  const lengthsOf = async (line: string, shown: string): Promise<number[]> => {
    const up = () => (proxy.recordings[1]?.up ?? "").trimEnd().split("\n");
    const before = up().length;
    await bob.types(line);
    await bob.out.until(shown);
    return up().slice(before).map((one) => one.length + 1);
  };
  const toLobby = await lengthsOf("hi", "[bob-of-the-valley]: hi");
  const toAlice = await lengthsOf("@alice-of-the-hill hi", "[DM to alice-of-the-hill]: hi");
  const toGroup = await lengthsOf(
    "@mountaineers hi",
    "[Group: mountaineers] bob-of-the-valley: hi",
  );
  await alice.types("@quit");
  await alice.endsWith(0);
  await bob.types("@quit");
  // One of his lines was refused.
  await bob.endsWith(3);
  // The same again, by login instead of registration, and a wrong password.
  const again = await scene.client("bob-of-the-valley", { port: proxy.port });
  await again.out.until("Welcome to the chatroom, bob-of-the-valley!");
  await again.endsInput();
  await again.endsWith(0);
  const pinned = ["--fingerprint", scene.server.fingerprint];
  const wrong = scene.stranger({
    port: proxy.port,
    flags: ["--user", "bob-of-the-valley", ...pinned],
  });
  await wrong.types("Schneewittchen");
  await wrong.endsWith(1);
  strictEqual(proxy.recordings.length, 4);

  for (const direction of ["up", "down"] as const) {
    const texts = proxy.recordings.map((recording) => recording[direction]);

    await t.step(`${direction}: every line is one token`, () => {
      for (const text of texts) {
        ok(text.endsWith("\n"), "the last line is not complete");
        for (const line of text.slice(0, -1).split("\n")) octetsOf(line);
      }
    });

    await t.step(
      `${direction}: the lengths are those of the handshake and of padded frames`,
      () => {
        for (const text of texts) {
          const lengths = text.slice(0, -1).split("\n").map((line) => line.length);
          const handshake = HANDSHAKE[direction];
          deepStrictEqual(lengths.slice(0, handshake.length), handshake);
          const frames = lengths.slice(handshake.length);
          ok(frames.length >= 2, `only ${frames.length} frames`);
          deepStrictEqual(frames.filter((length) => !SIZES.includes(length + 1)), []);
        }
      },
    );

    await t.step(
      `${direction}: no text, name or password occurs, neither as it is nor decoded`,
      () => {
        const secrets = [
          ...words,
          "alice-of-the-hill",
          "bob-of-the-valley",
          "mountaineers",
          "Krummhorn",
          passwordOf("bob-of-the-valley"),
          "Schneewittchen",
          "welcome",
          '{"t":',
        ];
        for (const text of texts) {
          const lines = text.slice(0, -1).split("\n");
          const decoded = lines.map((line) => Buffer.from(octetsOf(line)));
          for (const secret of secrets) {
            ok(!text.includes(secret), secret);
            ok(!decoded.some((octets) => octets.includes(secret)), secret);
          }
        }
      },
    );
  }

  await t.step("no token occurs twice, in all sessions together", () => {
    const lines = proxy.recordings.flatMap(({ up, down }) => (up + down).trimEnd().split("\n"));
    strictEqual(new Set(lines).size, lines.length);
  });

  await t.step("a short text to the lobby has the length of a frame that says nothing", () => {
    deepStrictEqual(new Set(toLobby), new Set(SIZES.slice(0, 1)));
  });

  await t.step("a direct message and one to a group cannot be told apart by their lengths", () => {
    // Beside frames that say nothing: that something was seen.
    const long = [toAlice, toGroup].map((lengths) => lengths.filter((one) => one !== SIZES[0]));
    deepStrictEqual(long, [SIZES.slice(2, 3), SIZES.slice(2, 3)]);
  });
});
