/**
 * The signals that stop a server.
 *
 * Deno takes SIGHUP to itself, and ends the process, as soon as there is a listener for any signal,
 * also where the parent had it ignored (`nohup`). So it is listened to here: ignored where it was
 * ignored at the start, else it stops the server like the others. Windows has no SIGTERM.
 *
 * @module
 */

/**
 * Listens for the signals.
 *
 * @param stop Called for each of them.
 * @returns To be disposed at the end.
 */
export function stopSignals(stop: () => void): Disposable {
  const hangUp = isHangUpIgnored() ? () => {} : stop;
  const listeners: [Deno.Signal, () => void][] = Deno.build.os === "windows"
    ? [["SIGINT", stop], ["SIGBREAK", stop]]
    : [["SIGINT", stop], ["SIGTERM", stop], ["SIGHUP", hangUp]];
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

/** Reads it from Linux, where that is permitted (`/proc` needs `-A`). */
function isHangUpIgnored(): boolean {
  const path = "/proc/self/status";
  const all = (["read", "write", "net", "env", "run", "sys", "ffi"] as const)
    .every((name) => Deno.permissions.querySync({ name }).state === "granted");
  if (Deno.build.os !== "linux" || !all) return false;
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync(path))?.[1];
  // Bit 0 is signal 1, SIGHUP.
  return mask !== undefined && (Number.parseInt(mask.slice(-1), 16) & 1) === 1;
}
