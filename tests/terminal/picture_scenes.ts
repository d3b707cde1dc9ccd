/**
 * The sessions that the pictures of the README are made from: a real server, real clients, a real
 * terminal.
 *
 * @module
 */

import { ROOT } from "../testing/processes.ts";
import { passwordOf, type Scene } from "../testing/scene.ts";
import { Tmux } from "../testing/tmux.ts";
import { picture } from "./picture.ts";

/** A picture and what is to be seen on it. */
export interface PictureScene {
  /** Of the file, without `.svg`. */
  readonly name: string;
  /** Said to those who cannot see it. */
  readonly title: string;
  /** Brings the terminal there, and returns what it shows then, with its colours. */
  readonly play: (scene: Scene, terminal: Tmux) => Promise<string>;
}

const SIZE = { columns: 88, rows: 24 } as const;

/** The pictures, in an order in which one scene goes on where the other ended. */
export const PICTURE_SCENES: readonly PictureScene[] = [
  {
    name: "first-minutes",
    title: "Alice makes an account, is told in three lines what to type, and talks with bob.",
    play: firstMinutes,
  },
  {
    name: "conversation",
    title: "Alice is back: what is new since she was there, two groups, unread messages in the " +
      "status row, and a hint for what she types.",
    play: conversation,
  },
  {
    name: "offline",
    title: "The server is away: the status row counts down to the next try, a message waits, and " +
      "the next one is being typed.",
    play: offline,
  },
];

/**
 * Starts a shell in which `$CLIENT` is a client of the scene's server.
 *
 * @param scene The server.
 */
export async function shellOf(scene: Scene): Promise<Tmux> {
  const { port, fingerprint } = scene.server;
  const terminal = await Tmux.start({
    ...SIZE,
    // In colours, whoever starts this.
    command: ["env", "-u", "NO_COLOR", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"],
    cwd: ROOT,
    env: {
      CLIENT:
        `${Deno.execPath()} run -A mod.ts client chat://127.0.0.1:${port}#${fingerprint} --user`,
      XDG_CONFIG_HOME: scene.config,
      XDG_DATA_HOME: scene.config,
    },
  });
  await terminal.waitFor(/^\$$/m);
  await terminal.type("clear; $CLIENT alice\n");
  return terminal;
}

/**
 * Makes a picture.
 *
 * @param what The scene; it goes on where the one before has ended.
 * @param scene The server.
 * @param terminal The terminal.
 */
export async function pictureOf(
  { title, play }: PictureScene,
  scene: Scene,
  terminal: Tmux,
): Promise<string> {
  const captured = await play(scene, terminal);
  return picture(captured, { columns: SIZE.columns, title, cursor: await terminal.cursor() });
}

const STYLED = { text: "styled" } as const;

async function firstMinutes(scene: Scene, terminal: Tmux): Promise<string> {
  await terminal.waitFor("[y/N]");
  await terminal.type("y\n");
  await terminal.waitFor(/^New password/m);
  await terminal.type(`${passwordOf("alice")}\n`);
  await terminal.waitFor(/^The same password/m);
  await terminal.type(`${passwordOf("alice")}\n`);
  await terminal.waitFor(/^lobby> ?$/m);
  const bob = await scene.loggedIn("bob");
  await terminal.waitFor("* bob has joined the chat *");
  await terminal.type("hello, who is here?\n");
  await bob.sees("[alice]: hello, who is here?");
  await bob.types("me, and lunch is at noon");
  await terminal.waitFor("lunch is at noon");
  await terminal.type("@bob bring the plans\n");
  await terminal.waitFor("[DM to bob]: bring the plans");
  await bob.types("@group set team alice");
  await terminal.waitFor("Group team created");
  await bob.types("@team does @all know where?");
  await terminal.waitFor("@all know where?");
  await terminal.type("@team the new place, 漢字 on the door 🍜");
  return await terminal.waitFor("🍜", STYLED);
}

async function conversation(scene: Scene, terminal: Tmux): Promise<string> {
  await terminal.sendKeys("C-c");
  await terminal.type("@quit\n");
  await terminal.waitFor(/^Goodbye!$/m);
  const [carol, bob] = [await scene.loggedIn("carol"), await scene.loggedIn("bob")];
  await carol.types("good morning!", "@group set garden alice");
  await carol.out.until(/^Group garden created/);
  await carol.types("@garden who waters the tomatoes this week?");
  await bob.types("@alice the plans are on your desk");
  await bob.out.until(/the plans are on your desk/);
  await terminal.type("clear; $CLIENT alice\n");
  await terminal.waitFor(/^Password for alice:/m);
  await terminal.type(`${passwordOf("alice")}\n`);
  await terminal.waitFor("the plans are on your desk");
  await terminal.type("@bob thank you!\n");
  await terminal.waitFor("[DM to bob]: thank you!");
  await carol.types("@garden alice? 🍅", "morning, everybody");
  await terminal.waitFor("morning, everybody");
  await bob.types("@team in ten minutes", "@alice coming?");
  await terminal.waitFor("coming?");
  await terminal.type("@group ad");
  return await terminal.waitFor("@group add G a,b", STYLED);
}

async function offline(scene: Scene, terminal: Tmux): Promise<string> {
  await terminal.sendKeys("C-c");
  await scene.server.kill();
  await terminal.waitFor(/next try in/);
  await terminal.type("@garden I do, as long as it does not rain\n");
  await terminal.waitFor("(waiting)");
  await terminal.type("@carol and the key is where");
  return await terminal.waitFor(/next try in \d s[^]*the key is where/, STYLED);
}
