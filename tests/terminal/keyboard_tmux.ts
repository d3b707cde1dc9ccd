import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Tmux } from "../testing/tmux.ts";

const HOST = fileURLToPath(new URL("./keyboard_host.ts", import.meta.url));

/** The terminal itself shows the key when it comes before the host has taken the echo away. */
const QUIT = /^q?quit$/m;

/** A shell of 160 columns, so that no command of these tests is wrapped. */
async function shell(): Promise<Tmux> {
  const terminal = await Tmux.start({ columns: 160, rows: 40 });
  await terminal.waitFor(/^\$$/m);
  return terminal;
}

Deno.test("in the foreground one key ends it, and the terminal is as before", async () => {
  await using terminal = await shell();
  await terminal.type(`stty -g; deno run -A ${HOST}; echo "code $?"; stty -g\n`);
  await terminal.waitFor(/^ready$/m);
  await terminal.type("xQ");
  const screen = await terminal.waitFor(/^code .*\n.+/m);
  match(screen, /^([0-9a-f:]+)\nready\nquit\ncode 0\n\1$/m);
});

Deno.test("Ctrl-C stays a signal, and the terminal is as before", async () => {
  await using terminal = await shell();
  await terminal.type(`stty -g; deno run -A ${HOST}; echo "code $?"; stty -g\n`);
  await terminal.waitFor(/^ready$/m);
  await terminal.sendKeys("C-c");
  match(await terminal.waitFor(/^code .*\n.+/m), /^([0-9a-f:]+)\nready\n\^?C?signal\ncode 0\n\1$/m);
});

Deno.test("a background job runs on while one types, and hears q after fg", async () => {
  await using terminal = await shell();
  await terminal.type(`deno run -A ${HOST} &\n`);
  await terminal.waitFor(/^ready$/m);
  await terminal.type("q\n");
  await terminal.waitFor(/^bash: q: command not found$/m);
  await terminal.type("jobs\n");
  await terminal.waitFor(/^\[1\]\+ {2}Running/m);
  await terminal.type("fg\nq");
  await terminal.waitFor(QUIT);
});

Deno.test("Ctrl-Z, then bg with something typed ahead: it runs on, and hears q after fg", async () => {
  await using terminal = await shell();
  await terminal.type(`deno run -A ${HOST}\n`);
  await terminal.waitFor(/^ready$/m);
  // More than once, for here is a race that was lost three times of four.
  for (const round of [1, 2, 3]) {
    await terminal.sendKeys("C-z");
    await terminal.waitFor((screen) => (screen.match(/Stopped/g) ?? []).length === round);
    await terminal.type(`bg\necho ahead\njobs\n`);
    await terminal.waitFor((screen) => (screen.match(/Running/g) ?? []).length === round);
    await terminal.type(`echo round${round}; fg\n`);
    await terminal.waitFor(new RegExp(`^round${round}\ndeno run`, "m"));
  }
  await terminal.type("q");
  doesNotMatch(await terminal.waitFor(QUIT), /tty (in|out)put/);
});

Deno.test("Ctrl-Z, then fg: it hears q", async () => {
  await using terminal = await shell();
  await terminal.type(`deno run -A ${HOST}\n`);
  await terminal.waitFor(/^ready$/m);
  await terminal.sendKeys("C-z");
  await terminal.waitFor(/Stopped/);
  await terminal.type("fg\nq");
  await terminal.waitFor(QUIT);
});

Deno.test("a server that was in the foreground once can end in the background", async () => {
  await using terminal = await shell();
  await terminal.type(`deno run -A ${HOST}\n`);
  await terminal.waitFor(/^ready$/m);
  await terminal.sendKeys("C-z");
  await terminal.waitFor(/Stopped/);
  await terminal.type("bg\nkill %1; wait %1; echo code $?\n");
  await terminal.waitFor(/^code 0$/m);
});

Deno.test("where no shell could continue it, Ctrl-Z does not stop it", async () => {
  const script = `deno run -A ${HOST} | cat`;
  await using terminal = await Tmux.start({ command: ["sh", "-c", script] });
  await terminal.waitFor(/^ready$/m);
  await terminal.sendKeys("C-z");
  await terminal.sendKeys("q");
  await terminal.waitFor(QUIT);
});

Deno.test("with the least of permissions it leaves the terminal alone, and says so", async () => {
  await using terminal = await shell();
  await terminal.type(`deno run --allow-net --allow-read=/tmp --allow-env ${HOST} &\n`);
  await terminal.waitFor(/The keyboard is not read[^]*\nready$/m);
  await terminal.type("q\njobs\n");
  await terminal.waitFor(/^\[1\]\+ {2}Running/m);
  await terminal.type("kill %1; wait %1; echo code $?\n");
  await terminal.waitFor(/^code 0$/m);
});

Deno.test("a terminal that hangs up does not end it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const terminal = await Tmux.start({
      command: ["sh", "-c", `exec deno run -A ${HOST} > ${folder}/out 2>&1`],
    });
    let pid = 0;
    try {
      await untilFile(`${folder}/out`, "ready\n");
      pid = await terminal.pid();
    } finally {
      await terminal[Symbol.asyncDispose]();
    }
    // A process that has not survived could not answer.
    Deno.kill(pid, "SIGTERM");
    await untilFile(`${folder}/out`, "ready\nsignal\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a piped line q ends it", async () => {
  await using host = new Deno.Command("deno", {
    args: ["run", "-A", HOST],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = host.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello\nq\n"));
  strictEqual(await new Response(host.stdout).text(), "ready\nquit\n");
  strictEqual((await host.status).code, 0);
  await writer.close();
});

for (const stdin of ["null", "piped"] as const) {
  Deno.test(`the end of input does not end it (${stdin})`, async () => {
    await using host = new Deno.Command("deno", {
      args: ["run", "-A", HOST],
      stdin,
      stdout: "piped",
    }).spawn();
    if (stdin === "piped") await host.stdin.close();
    const output = host.stdout.pipeThrough(new TextDecoderStream()).getReader();
    strictEqual((await output.read()).value, "ready\n");
    strictEqual((await output.read()).value, "end\n");
    // Whether it lives on is asked of the process itself.
    host.kill("SIGTERM");
    strictEqual((await output.read()).value, "signal\n");
    strictEqual((await output.read()).done, true);
    strictEqual((await host.status).code, 0);
  });
}

/** Waits until a file holds exactly this text. */
async function untilFile(path: string, text: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (await readIfThere(path) !== text) {
    if (performance.now() > end) {
      throw new Error(`Cannot find ${JSON.stringify(text)} in ${path} after 10,000 ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
