import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { PlainFace } from "../../client/plain_face.ts";
import { RecordedStreams } from "../hostile/recorded_streams.ts";

const pure = { permissions: "none" } as const;

/** A listener with something to stop, or nothing; counts how often it was told. */
function listener(isBusy: boolean): { told: number } & Parameters<PlainFace["listen"]>[0] {
  return {
    told: 0,
    interrupted() {
      this.told++;
      return isBusy;
    },
    away: () => {},
    returned: () => {},
  };
}

Deno.test("Ctrl-C stops what takes long, where a person types", pure, () => {
  for (const [isTyped, isBusy] of [[true, true], [true, false], [false, true]] as const) {
    const face = new PlainFace(new RecordedStreams(isTyped));
    strictEqual(face.interrupted(), false);
    const told = listener(isBusy);
    face.listen(told);
    strictEqual(face.interrupted(), isTyped && isBusy);
    strictEqual(told.told, isTyped ? 1 : 0);
  }
});

Deno.test(
  "the conversation goes to standard output, questions and notices to standard error",
  pure,
  async () => {
    const streams = new RecordedStreams(true);
    const face = new PlainFace(streams);
    face.loggedIn("bob");
    streams.types("y\n");
    strictEqual(await face.ask("Trust it? [y/N] "), "y");
    await face.show({ type: "chosen", conversation: { kind: "user", name: "alice" } });
    await face.show({ type: "joined", user: "carol" });
    await face.notice("Connected again.");
    await face.close();
    deepStrictEqual(streams.written, {
      out: "* carol has joined the chat *\n",
      err: "Trust it? [y/N]\nNow talking to alice.\nConnected again.\n",
    });
  },
);
