/**
 * The links of a server in the hands of a test: what goes to a user is changed on its way, and what he
 * asks may be answered before the server sees it.
 *
 * It stands where texts have left the server and are not sealed for the connection yet.
 *
 * @module
 */

import { encodeEvent } from "../../protocol/codec.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Event } from "../../protocol/event.ts";
import type { Link } from "../../transport/link.ts";

/** Changes what goes to a user: gives what goes in its place. `asked` is what it answers, if it does. */
export type Alter = (event: Event, asked: CommandInput | undefined) => readonly Event[];

/** Answers in the place of the server, or gives `null` where the server is to answer. */
export type Answer = (command: CommandInput) => readonly Event[] | null;

const HONEST: Alter = (event) => [event];

const DUTIFUL: Answer = () => null;

/** What is done to one user, and what was. */
export class Line {
  /** Changes what goes to him. */
  alter: Alter = HONEST;
  /** Answers him. */
  answer: Answer = DUTIFUL;
  /** What the server itself has told him. */
  readonly told: Event[] = [];
  /** What he has asked. */
  readonly asked: CommandInput[] = [];
  /** His links. */
  readonly open: Set<AlteredLink> = new Set();

  /** From now on nothing is done to him. */
  restore(): void {
    this.alter = HONEST;
    this.answer = DUTIFUL;
  }
}

/** The links of a server. */
export class AlteredLinks extends Set<Link> {
  readonly #lines = new Map<string, Line>();
  readonly #altered = new Map<Link, AlteredLink>();

  /** What is done to a user. */
  of(user: string): Line {
    const line = this.#lines.get(user) ?? new Line();
    this.#lines.set(user, line);
    return line;
  }

  /** Takes a link into its hands. */
  override add(link: Link): this {
    this.#altered.set(link, new AlteredLink(link, (user) => this.of(user)));
    return super.add(link);
  }

  /** Lets a link go. */
  override delete(link: Link): boolean {
    this.#altered.get(link)?.closed();
    this.#altered.delete(link);
    return super.delete(link);
  }
}

/** A link whose texts pass through the hands of the test. */
export class AlteredLink {
  readonly #link: Link;
  readonly #send: (text: Uint8Array) => void;
  readonly #lineOf: (user: string) => Line;
  readonly #questions = new Map<unknown, CommandInput>();
  #line = new Line();

  /**
   * Takes a link.
   *
   * @param link Just opened.
   * @param lineOf What is done to a user, who is known at his login.
   */
  constructor(link: Link, lineOf: (user: string) => Line) {
    this.#link = link;
    this.#lineOf = lineOf;
    this.#send = link.send.bind(link);
    const receive = link.receive.bind(link);
    link.send = (text) => this.#pass(JSON.parse(new TextDecoder().decode(text)));
    link.receive = () => this.#receive(receive());
  }

  /** Tells something, as it is. */
  tell(events: readonly Event[]): void {
    for (const event of events) this.#send(encodeEvent(event));
  }

  /** Cuts it off. */
  abort(): void {
    this.#link.abort();
  }

  /** It is closed. */
  closed(): void {
    this.#line.open.delete(this);
  }

  #pass(event: Event): void {
    if (event.t === "joined" || event.t === "left") return;
    if (event.t === "welcome") {
      this.#line = this.#lineOf(event.user);
      this.#line.open.add(this);
    }
    this.#line.told.push(event);
    const re = "re" in event ? event.re : undefined;
    this.tell(this.#line.alter(event, re === undefined ? undefined : this.#questions.get(re)));
  }

  async *#receive(frames: ReturnType<Link["receive"]>): ReturnType<Link["receive"]> {
    for await (const frame of frames) {
      const command = frame as unknown as CommandInput;
      this.#line.asked.push(command);
      if ("id" in command) this.#questions.set(command.id, command);
      const answers = this.#line.answer(command);
      if (answers === null) yield frame;
      else this.tell(answers);
    }
  }
}
