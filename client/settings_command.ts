/**
 * `@set`: shows and changes settings.
 *
 * Source: PRODUCT §5.
 *
 * @module
 */

import type { ActionOf } from "./action.ts";
import { type Request, show } from "./request.ts";
import { type SessionSettings, SETTING_NAMES, settingLine } from "./settings.ts";

/**
 * Changes a setting, or shows one or all.
 *
 * @param action Which, and how.
 * @param settings Where they are.
 */
export function* set({ name, change }: ActionOf<"set">, settings: SessionSettings): Request {
  if (change !== null) settings.change(change);
  for (const one of name === null ? SETTING_NAMES : [name]) {
    yield* show({ type: "done", text: settingLine(one, settings.current) });
  }
  if (name === null) yield* show({ type: "done", text: "To change one: @set NAME VALUE" });
  return "done";
}
