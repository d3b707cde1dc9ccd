// FTC1 §4.5: how often a password may be guessed; §9 rows 70, 76.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Guesses, type GuessPolicy, isLoopback } from "../../server/guesses.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";

const pure = { permissions: "none" } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Counters with a clock that is moved by hand. */
class Desk {
  readonly #guesses: Guesses;
  now = 0;

  constructor(policy: Partial<GuessPolicy> = {}) {
    this.#guesses = new Guesses({ ...DEFAULT_POLICY, ...policy });
  }

  #from(address: string): { readonly address: string; readonly now: number } {
    return { address, now: this.now };
  }

  wait(user: string, address: string): number {
    return this.#guesses.beforeLogin(user, this.#from(address));
  }

  wrong(user: string, address: string, times = 1): void {
    for (let n = 0; n < times; n++) this.#guesses.wrong(user, this.#from(address));
  }

  right(user: string, address: string): void {
    this.#guesses.right(user, this.#from(address));
  }

  register(address: string): number {
    return this.#guesses.register(this.#from(address));
  }
}

Deno.test(
  "row 70: five wrong ones are free; the sixth try waits 15 s, and then twice as long",
  pure,
  () => {
    const desk = new Desk();
    desk.wrong("bob", "192.0.2.1", 4);
    strictEqual(desk.wait("bob", "192.0.2.1"), 0);
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      desk.wrong("bob", "192.0.2.1");
      const wait = desk.wait("bob", "192.0.2.1");
      waits.push(wait);
      desk.now += wait * 1_000;
      strictEqual(desk.wait("bob", "192.0.2.1"), 0);
    }
    deepStrictEqual(waits, [15, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  },
);

Deno.test("row 70: a wait concerns one account and one address", pure, () => {
  const desk = new Desk();
  desk.wrong("bob", "192.0.2.1", 5);
  strictEqual(desk.wait("bob", "192.0.2.1"), 15);
  strictEqual(desk.wait("bob", "192.0.2.2"), 0);
  strictEqual(desk.wait("carol", "192.0.2.1"), 0);
});

Deno.test("a success begins anew, and so does a day without a try", pure, () => {
  const desk = new Desk();
  desk.wrong("bob", "192.0.2.1", 5);
  desk.right("bob", "192.0.2.1");
  desk.wrong("bob", "192.0.2.1", 4);
  strictEqual(desk.wait("bob", "192.0.2.1"), 0);
  desk.now = DAY_MS;
  desk.wrong("bob", "192.0.2.1", 4);
  strictEqual(desk.wait("bob", "192.0.2.1"), 0);
});

Deno.test(
  "row 70: the 31st wrong one from many addresses waits; the owner's address does not",
  pure,
  () => {
    const desk = new Desk();
    desk.right("bob", "198.51.100.7");
    for (let n = 1; n <= 29; n++) desk.wrong("bob", `192.0.2.${n}`);
    strictEqual(desk.wait("bob", "203.0.113.1"), 0);
    desk.wrong("bob", "192.0.2.30");
    strictEqual(desk.wait("bob", "203.0.113.1"), 3_600);
    strictEqual(desk.wait("bob", "198.51.100.7"), 0);
    strictEqual(desk.wait("carol", "203.0.113.1"), 0);
    desk.now = HOUR_MS;
    strictEqual(desk.wait("bob", "203.0.113.1"), 0);
  },
);

Deno.test("what the owner gets wrong does not count against strangers", pure, () => {
  const desk = new Desk();
  desk.right("bob", "198.51.100.7");
  desk.wrong("bob", "198.51.100.7", 30);
  strictEqual(desk.wait("bob", "203.0.113.1"), 0);
});

Deno.test("one address has sixty wrong ones in an hour, for all accounts together", pure, () => {
  const desk = new Desk();
  for (let n = 0; n < 60; n++) {
    strictEqual(desk.wait(`user${n}`, "192.0.2.1"), 0);
    desk.wrong(`user${n}`, "192.0.2.1");
  }
  strictEqual(desk.wait("somebody", "192.0.2.1"), 3_600);
  strictEqual(desk.wait("somebody", "192.0.2.2"), 0);
  desk.now = HOUR_MS;
  strictEqual(desk.wait("somebody", "192.0.2.1"), 0);
});

Deno.test("loopback is not exempt from the limits on wrong passwords", pure, () => {
  const desk = new Desk({ loopbackExempt: true });
  desk.wrong("bob", "127.0.0.1", 5);
  strictEqual(desk.wait("bob", "127.0.0.1"), 15);
});

Deno.test(
  "row 76: one address makes so many accounts in an hour, and loopback any number",
  pure,
  () => {
    const desk = new Desk({ registrationsPerAddressPerHour: 10 });
    for (let n = 0; n < 10; n++) strictEqual(desk.register("192.0.2.1"), 0);
    strictEqual(desk.register("192.0.2.1"), 3_600);
    strictEqual(desk.register("192.0.2.2"), 0);
    for (let n = 0; n < 11; n++) strictEqual(desk.register("127.0.0.1"), 0);
    desk.now = HOUR_MS;
    strictEqual(desk.register("192.0.2.1"), 0);
  },
);

Deno.test("row 76: by default one address makes 100 accounts in an hour", pure, () => {
  const desk = new Desk();
  const waits = Array.from({ length: 101 }, () => desk.register("192.0.2.1"));
  deepStrictEqual(waits, [...Array<number>(100).fill(0), 3_600]);
});

Deno.test("accounts have a limit in total, for loopback as well", pure, () => {
  const desk = new Desk({ registrationsPerHour: 3 });
  for (let n = 1; n <= 3; n++) strictEqual(desk.register(`192.0.2.${n}`), 0);
  desk.now = 600_000;
  for (const address of ["192.0.2.9", "127.0.0.1"]) strictEqual(desk.register(address), 3_000);
});

Deno.test("a try that was refused does not count", pure, () => {
  const desk = new Desk({ registrationsPerAddressPerHour: 1 });
  desk.register("192.0.2.1");
  for (let n = 0; n < 5; n++) ok(desk.register("192.0.2.1") > 0);
  desk.now = HOUR_MS;
  strictEqual(desk.register("192.0.2.1"), 0);
});

Deno.test("loopback is ::1 and all of 127", pure, () => {
  const addresses = ["127.0.0.1", "127.255.0.9", "::1", "::2", "128.0.0.1", "1127.0.0.1", ""];
  deepStrictEqual(addresses.map(isLoopback), [true, true, true, false, false, false, false]);
});
