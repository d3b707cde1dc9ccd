/**
 * A link without a connection: a test is the server at its other end.
 *
 * @module
 */

import { decodeFrame, type FrameObject } from "../../protocol/frame.ts";

/** A link that a test looks at. */
export class FakeLink {
  /** What the handshake agreed on. */
  readonly session = {
    realm: new Uint8Array(16).fill(7),
    channelBinding: new Uint8Array(32).fill(9),
  };
  /** What was sent. */
  readonly sent: FrameObject[] = [];
  /** Why it was ended from the client's side. */
  ending: string | null = null;
  /** How it was closed. */
  closed: "said goodbye" | "aborted" | null = null;
  readonly #answer: (frame: FrameObject, link: FakeLink) => unknown;
  readonly #frames: (FrameObject | Error | null)[] = [];
  #wake = Promise.withResolvers<void>();

  /** @param answer Called with each frame sent; what it returns is received, `null` being the end. */
  constructor(answer: (frame: FrameObject, link: FakeLink) => unknown) {
    this.#answer = answer;
  }

  send(text: Uint8Array): void {
    const frame = decodeFrame(text);
    this.sent.push(frame);
    void (async () => {
      const answer = await this.#answer(frame, this);
      for (const one of Array.isArray(answer) ? answer : [answer]) {
        if (one !== undefined) this.receives(one);
      }
    })();
  }

  /** Lets the client receive a frame, an error, or the end. */
  receives(frame: FrameObject | Error | null): void {
    this.#frames.push(frame);
    this.#wake.resolve();
  }

  /** The frames, as `Link.receive` gives them. */
  async *frames(): AsyncGenerator<FrameObject, void, undefined> {
    while (true) {
      while (this.#frames.length === 0) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
      const frame = this.#frames.shift() ?? null;
      if (frame === null) return;
      if (frame instanceof Error) throw frame;
      yield frame;
      if (frame.t === "bye") return;
    }
  }

  /** What was sent of one type. */
  ofType(type: string): FrameObject[] {
    return this.sent.filter(({ t }) => t === type);
  }

  close(): Promise<void> {
    this.closed ??= "said goodbye";
    this.receives(null);
    return Promise.resolve();
  }

  abort(): void {
    this.closed ??= "aborted";
    this.receives(null);
  }
}
