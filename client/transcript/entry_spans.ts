/**
 * The pieces of an entry: whom it is from, where it belongs, what it says.
 *
 * The words are those of the plain face (`plain.ts`), with looks.
 * Source: PRODUCT §3, §5; FTC1 §6.
 *
 * @module
 */

import { displayLine, displayText } from "../display.ts";
import { mentionsIn } from "../mention.ts";
import type { OpenedEntry, OpenedMessage } from "../opened.ts";
import { plainText } from "../plain.ts";
import type { Shown } from "../shown.ts";
import { colourOf } from "./person_colour.ts";
import { type Span, spanOf, type Style } from "./styled_line.ts";

/** What a line that no person has said looks like. */
export const QUIET: Style = { dim: true };

/** What the user should not miss. */
const MARKED: Style = { bold: true, inverse: true };

/** An entry that is shown. */
export type ShownEntry = Extract<Shown, { readonly type: "entry" | "past" }>;

/**
 * Cuts an entry into pieces; line breaks are within them.
 *
 * @param shown The entry.
 * @param me The canonical name of the user.
 */
export function entrySpans({ type, entry }: ShownEntry, me: string): Span[] {
  // Live words: the time is not among them.
  if (entry.t !== "message") return [spanOf(plainText({ type: "entry", entry }, me), QUIET)];
  const { before, beside, behind } = entry.marks ?? {};
  const isSent = type === "entry" && entry.offline === true && entry.kind === "direct" &&
    entry.from === me && entry.to !== me;
  return [
    ...(before === undefined ? [] : [spanOf(`--- ${displayLine(before)} ---\n`, QUIET)]),
    ...messageSpans(entry, me),
    ...(isSent ? [spanOf(" (offline, will be delivered)", QUIET)] : []),
    ...(beside === undefined ? [] : [spanOf(` (${displayLine(beside)})`, QUIET)]),
    ...(behind === undefined ? [] : [spanOf(`\n--- ${displayLine(behind)} ---`, QUIET)]),
  ];
}

/** How many lines stand before the message itself. */
export function linesBefore(entry: OpenedEntry): number {
  return entry.t === "message" && entry.marks?.before !== undefined ? 1 : 0;
}

function messageSpans(message: OpenedMessage, me: string): Span[] {
  const { kind, from, to, body } = message;
  const text = bodySpans(body, from === me ? null : me);
  const person = (name: string) => personSpan(name, me);
  if (kind === "lobby") return [spanOf("["), person(from), spanOf("]: "), ...text];
  if (kind === "group") {
    return [
      spanOf(`[Group: ${displayLine(to)}] `, { bold: true }),
      person(from),
      spanOf(": "),
      ...text,
    ];
  }
  if (from === to && from === me) return [spanOf("[Note]", { bold: true }), spanOf(": "), ...text];
  const [word, other] = from === me ? ["to", to] : ["from", from];
  const style = { bold: true } as const;
  return [spanOf(`[DM ${word} `, style), person(other), spanOf("]", style), spanOf(": "), ...text];
}

function personSpan(name: string, me: string): Span {
  const colour = colourOf(name);
  return spanOf(displayLine(name), name === me ? { colour, bold: true } : { colour });
}

/** In one's own messages nobody is meant whom one does not know. */
function bodySpans(body: string, me: string | null): Span[] {
  const text = displayText(body).replaceAll("\t", "    ");
  if (me === null) return [spanOf(text)];
  const spans: Span[] = [];
  let done = 0;
  for (const { from, to } of mentionsIn(text, me)) {
    if (from > done) spans.push(spanOf(text.slice(done, from)));
    spans.push(spanOf(text.slice(from, to), MARKED));
    done = to;
  }
  if (done < text.length) spans.push(spanOf(text.slice(done)));
  return spans;
}
