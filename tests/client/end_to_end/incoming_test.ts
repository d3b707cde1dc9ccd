import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CutOff } from "../../../client/end_to_end/asker.ts";
import { Incoming } from "../../../client/incoming.ts";
import type { OpenedEvent } from "../../../client/opened.ts";
import type { Sealing } from "../../../client/sealing.ts";
import type { Event } from "../../../protocol/event.ts";
import { says } from "../fake_server.ts";

const none = { permissions: "none" } as const;

/** A sealing whose openings end when a test says so. */
class HeldSealing implements Sealing {
  readonly formerRoots: Promise<readonly Uint8Array[]> = Promise.resolve([]);
  /** Bodies of messages whose opening waits. */
  readonly held: Map<string, PromiseWithResolvers<void>> = new Map();
  /** Bodies of messages that are opened only when they are let go. */
  readonly holds = new Set<string>();
  readonly opening: string[] = [];
  #asked = Promise.withResolvers<void>();

  constructor(readonly name: string = "first") {}

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** From now on the server is being asked something. */
  asks(): void {
    this.#asked.resolve();
  }

  connected(): void {}
  disconnected(): void {
    for (const { reject } of this.held.values()) reject(new CutOff());
    this.held.clear();
  }
  handles(_wanted: Parameters<Sealing["handles"]>[0]): _wanted is never {
    return false;
  }
  perform(): Promise<Event> {
    return Promise.reject(new CutOff());
  }
  nextKeys(): Promise<Uint8Array> {
    return Promise.reject(new CutOff());
  }
  idle(): Promise<void> {
    return Promise.resolve();
  }

  shown(entry: ReturnType<Sealing["shown"]>): ReturnType<Sealing["shown"]> {
    return entry;
  }
  takes(event: Event): boolean {
    return event.t === "state";
  }

  async open(event: Event): Promise<OpenedEvent> {
    if (event.t !== "message") return event as OpenedEvent;
    const { body } = event;
    this.opening.push(`${this.name}: ${body}`);
    if (this.holds.has(body)) {
      const hold = Promise.withResolvers<void>();
      this.held.set(body, hold);
      await hold.promise;
    }
    return event;
  }

  /** Lets what waits be opened, or fail. */
  lets(body: string, error?: unknown): void {
    const hold = this.held.get(body);
    this.held.delete(body);
    if (error === undefined) hold?.resolve();
    else hold?.reject(error);
  }
}

class Scene {
  readonly sealing = new HeldSealing();
  current: Sealing = this.sealing;
  /** What was handled: bodies of messages, types of others. */
  readonly handled: string[] = [];
  readonly failures: unknown[] = [];
  overruns = 0;
  /** Called before an event counts as handled. */
  slow: () => Promise<void> = () => Promise.resolve();
  readonly incoming: Incoming = new Incoming({
    sealing: () => this.current,
    handle: async (event) => {
      this.handled.push(event.t === "message" ? event.body : event.t);
      await this.slow();
    },
    overrun: () => this.overruns++,
    failed: (error) => this.failures.push(error),
  });
  #id = 0;

  /** Reads a message; whether the next event may be read by now. */
  async reads(body: string): Promise<boolean> {
    return await goesOn(this.incoming.receive(says("al", body, { id: ++this.#id })));
  }
}

async function goesOn(promise: Promise<void>): Promise<boolean> {
  let isSo = false;
  void promise.then(() => isSo = true);
  await settled();
  return isSo;
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

Deno.test(
  "events are handled in their order, and the next is read when one is handled",
  none,
  async () => {
    const scene = new Scene();
    deepStrictEqual([await scene.reads("a"), await scene.reads("b")], [true, true]);
    strictEqual(await goesOn(scene.incoming.receive({ t: "joined", user: "al" })), true);
    deepStrictEqual(scene.handled, ["a", "b", "joined"]);
  },
);

Deno.test("a face that is slow slows the reading down", none, async () => {
  const scene = new Scene();
  const shown = Promise.withResolvers<void>();
  scene.slow = () => shown.promise;
  strictEqual(await scene.reads("a"), false);
  shown.resolve();
  await scene.incoming.drained();
  strictEqual(await scene.reads("b"), true);
});

Deno.test("while opening asks the server, reading goes on, and the order stays", none, async () => {
  const scene = new Scene();
  scene.sealing.holds.add("a");
  // As long as nothing is asked, there is no reason to read on.
  strictEqual(await scene.reads("a"), false);
  scene.sealing.asks();
  deepStrictEqual([await scene.reads("b"), await scene.reads("c")], [true, true]);
  deepStrictEqual([scene.handled, scene.sealing.opening], [[], ["first: a"]]);
  // The answer comes as an event, past those that wait.
  strictEqual(
    await goesOn(scene.incoming.receive({ t: "state", re: 1, m: [], more: false })),
    true,
  );
  scene.sealing.lets("a");
  await scene.incoming.drained();
  deepStrictEqual(scene.handled, ["a", "b", "c"]);
});

Deno.test("what answers a question of the sealing is never handled", none, async () => {
  const scene = new Scene();
  await scene.incoming.receive({ t: "state", re: 1, m: [], more: false });
  await scene.incoming.drained();
  deepStrictEqual([scene.handled, scene.failures], [[], []]);
});

Deno.test("nothing is shown behind an event that was lost with the connection", none, async () => {
  const scene = new Scene();
  scene.sealing.holds.add("b").add("d");
  scene.sealing.asks();
  for (const body of ["a", "b", "c", "d"]) await scene.reads(body);
  scene.sealing.disconnected();
  await scene.incoming.drained();
  // What comes late is behind it as well. It is all asked for again on the next connection.
  await scene.reads("e");
  deepStrictEqual([scene.handled, scene.failures], [["a"], []]);
  deepStrictEqual(scene.sealing.opening, ["first: a", "first: b"]);
});

Deno.test(
  "a bug while opening or handling is told, and nothing is shown behind it",
  none,
  async () => {
    for (const where of ["open", "handle"] as const) {
      const scene = new Scene();
      const bug = new TypeError("a bug");
      if (where === "open") {
        scene.sealing.holds.add("a");
        scene.sealing.asks();
        await scene.reads("a");
        scene.sealing.lets("a", bug);
      } else {
        scene.slow = () => Promise.reject(bug);
        await scene.reads("a");
      }
      await scene.reads("b");
      await scene.incoming.drained();
      deepStrictEqual([scene.failures, scene.handled.includes("b")], [[bug], false]);
    }
  },
);

Deno.test(
  "where too many wait, that is said with each more, and none of them is lost here",
  none,
  async () => {
    const scene = new Scene();
    scene.sealing.holds.add("0");
    scene.sealing.asks();
    const bodies = Array.from({ length: 4_100 }, (_, n) => `${n}`);
    const received = bodies.map((body, id) => scene.incoming.receive(says("al", body, { id })));
    await settled();
    // The first one is being opened, 4,096 may wait.
    deepStrictEqual([scene.handled.length, scene.overruns > 0, scene.overruns <= 4], [
      0,
      true,
      true,
    ]);
    scene.sealing.lets("0");
    await Promise.all(received);
    await scene.incoming.drained();
    deepStrictEqual(scene.handled, bodies);
  },
);

Deno.test(
  "after a change of keys, what comes behind it is opened with the new ones",
  none,
  async () => {
    const scene = new Scene();
    const next = new HeldSealing("second");
    scene.sealing.holds.add("a");
    scene.sealing.asks();
    await scene.reads("a");
    await scene.reads("b");
    scene.incoming.between(() => scene.current = next);
    await scene.reads("c");
    scene.sealing.lets("a");
    await scene.incoming.drained();
    deepStrictEqual([...scene.sealing.opening, ...next.opening], [
      "first: a",
      "first: b",
      "second: c",
    ]);
    deepStrictEqual(scene.handled, ["a", "b", "c"]);
  },
);

Deno.test(
  "a change of keys between two events revives nothing that was lost before",
  none,
  async () => {
    const scene = new Scene();
    scene.sealing.holds.add("a");
    scene.sealing.asks();
    await scene.reads("a");
    scene.sealing.disconnected();
    scene.incoming.between(() => scene.current = new HeldSealing("second"));
    await scene.reads("b");
    await scene.incoming.drained();
    deepStrictEqual(scene.handled, []);
  },
);
