import { strictEqual } from "node:assert/strict";
import { configFolder, dataFolder, type Environment } from "../../client/user_folders.ts";

const none = { permissions: "none" } as const;

function environment(values: { readonly [name: string]: string }): Environment {
  return (name) => values[name];
}

const home = environment({ HOME: "/home/al" });

Deno.test("the folder for configuration is the platform's", none, () => {
  strictEqual(configFolder("linux", home), "/home/al/.config/fernchat");
  strictEqual(configFolder("darwin", home), "/home/al/Library/Application Support/fernchat");
  const xdg = environment({ HOME: "/home/al", XDG_CONFIG_HOME: "/cfg" });
  strictEqual(configFolder("linux", xdg), "/cfg/fernchat");
  const relative = environment({ HOME: "/home/al", XDG_CONFIG_HOME: "cfg" });
  strictEqual(configFolder("linux", relative), "/home/al/.config/fernchat");
  strictEqual(configFolder("windows", environment({ APPDATA: "C:\\A" })), "C:\\A\\fernchat");
  for (const os of ["linux", "darwin", "windows"] as const) {
    strictEqual(configFolder(os, environment({})), null);
  }
});

Deno.test("the folder for data is the platform's", none, () => {
  strictEqual(dataFolder("linux", home), "/home/al/.local/share/fernchat");
  strictEqual(dataFolder("darwin", home), "/home/al/Library/Application Support/fernchat");
  const xdg = environment({ HOME: "/home/al", XDG_DATA_HOME: "/data" });
  strictEqual(dataFolder("linux", xdg), "/data/fernchat");
  const relative = environment({ HOME: "/home/al", XDG_DATA_HOME: "data" });
  strictEqual(dataFolder("linux", relative), "/home/al/.local/share/fernchat");
  strictEqual(dataFolder("windows", environment({ LOCALAPPDATA: "C:\\L" })), "C:\\L\\fernchat");
  strictEqual(dataFolder("linux", environment({})), null);
});
