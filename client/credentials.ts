/**
 * Name and password: from the command line, from a file, from a person or from the first lines of a
 * pipe.
 *
 * What was given once is kept until the login refuses it. A person is asked again where something
 * cannot be right; a pipe is told so once.
 * Source: PRODUCT §2; FTC1 §4.4, §4.6.
 *
 * @module
 */

import { canonicalName } from "../protocol/name.ts";
import type { Face } from "./face.ts";
import { judgePassword, passwordFault } from "./password_rule.ts";
import { suggestPassword } from "./suggested_password.ts";

/** There is no answer: somebody left instead, or a pipe had none that can be used (which was shown). */
export class NoCredentials extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "NoCredentials";
}

const REPEAT = "The same password again: ";

/** What is known before anybody is asked. */
export interface Given {
  /** `--user`. */
  readonly user?: string | undefined;
  /** The line in the file of `--password-file`. */
  readonly password?: string | undefined;
}

/** What a login asks for. */
export class Credentials {
  readonly #face: Face;
  #name: string | undefined;
  #password: string | undefined;
  #meant: string | undefined;
  #questions = 0;

  /**
   * Makes credentials; nobody is asked yet.
   *
   * @param face Whom to ask.
   * @param given What need not be asked.
   */
  constructor(face: Face, given: Given) {
    this.#face = face;
    this.#name = given.user;
    this.#password = given.password;
  }

  /** Whether somebody can be asked again. */
  get input(): "person" | "pipe" {
    return this.#face.input;
  }

  /** How often a person was asked: whoever is asked may take longer than a server waits. */
  get questions(): number {
    return this.#questions;
  }

  /**
   * Gives the name.
   *
   * @returns Canonical.
   * @throws {NoCredentials} If the user leaves, or a pipe has none that can be.
   */
  async name(): Promise<string> {
    while (true) {
      this.#name ??= await this.#ask("User name: ", "a user name", "--user");
      const typed = this.#name.trim();
      const name = canonicalName(typed);
      if (name !== null) return this.#name = name;
      this.#name = undefined;
      if (typed === "" && this.input === "person") continue;
      await this.#refuse(
        `${typed === "" ? "An empty line" : typed.slice(0, 40).toWellFormed()} cannot be a name: ` +
          "1 to 32 letters, digits, . _ - (first and last a letter or digit), and no command word.",
      );
    }
  }

  /**
   * Gives the password of an account that exists.
   *
   * @param user Whose.
   * @throws {NoCredentials} If the user leaves, or a pipe has none that can be.
   */
  async password(user: string): Promise<string> {
    while (true) {
      this.#password ??= await this.#askHidden(`Password for ${user}: `);
      const fault = passwordFault(this.#password);
      if (fault === null) return this.#password;
      this.#password = undefined;
      await this.#refuse(fault);
    }
  }

  /**
   * Gives the password of a new account: typed twice by a person, and good enough. To a person whose
   * password is not, another one is suggested; whoever types that need not repeat it.
   *
   * @param user Whose.
   * @throws {NoCredentials} If the user leaves, or a pipe has none that is good enough.
   */
  async newPassword(user: string): Promise<string> {
    const suggested = suggestPassword();
    while (true) {
      const isTyped = this.#password === undefined && this.input === "person";
      const password = this.#password ?? await this.#askHidden(`New password for ${user}: `);
      this.#password = undefined;
      const advice = judgePassword(password);
      if (advice.type === "refused") {
        await this.#refuse(advice.text);
        await this.#suggest(suggested);
        continue;
      }
      if (advice.type === "weak") await this.#face.notice(advice.text);
      if (!isTyped || password === suggested) return this.#password = password;
      if (advice.type === "weak") await this.#suggest(suggested);
      const again = await this.#askHidden(
        advice.type === "weak" ? "The same password again, or the suggested one: " : REPEAT,
      );
      if (again === password || again === suggested) return this.#password = again;
      await this.complain("The passwords differ.");
    }
  }

  /**
   * Asks, once, whether a name that the server does not know is meant. A pipe means what it says.
   *
   * @param user The name.
   * @throws {NoCredentials} If the user leaves.
   */
  async isMeant(user: string): Promise<boolean> {
    if (this.input === "pipe" || this.#meant === user) return true;
    this.#questions++;
    const answer = await this.#face.ask(
      `There is no account "${user}" yet; it may be a typing error. Create it? [y/N] `,
    );
    if (answer === null) throw new NoCredentials();
    if (!isYes(answer)) return false;
    this.#meant = user;
    return true;
  }

  /** Asks for the name next time. */
  forgetName(): void {
    this.#name = undefined;
  }

  /** Asks for the password next time. */
  forgetPassword(): void {
    this.#password = undefined;
  }

  /** Shows an error. */
  async complain(text: string): Promise<void> {
    await this.#face.show({ type: "refused", text });
  }

  /** Shown this once, and nowhere written down. */
  async #suggest(password: string): Promise<void> {
    await this.#face.notice(`Suggested: ${password}`);
  }

  async #refuse(text: string): Promise<void> {
    await this.complain(text);
    if (this.input === "pipe") throw new NoCredentials();
  }

  async #ask(question: string, what: string, flag: string): Promise<string> {
    this.#questions++;
    return await this.#given(await this.#face.ask(question), what, flag);
  }

  async #askHidden(question: string): Promise<string> {
    this.#questions++;
    const answer = await this.#face.askHidden(question);
    return await this.#given(answer, "a password", "--password-file");
  }

  async #given(answer: string | null, what: string, flag: string): Promise<string> {
    if (answer !== null) return answer;
    if (this.input === "pipe") {
      await this.complain(
        `The input has ended without ${what}. Give it with ${flag}, or in the first lines of the ` +
          "input, name before password.",
      );
    }
    throw new NoCredentials();
  }
}

/**
 * Reads the answer to a question whose default is no.
 *
 * @param answer What was typed.
 */
export function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
