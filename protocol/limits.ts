/**
 * What the wire format allows: bounds that both sides must agree on.
 *
 * Not here: rates, times and quotas, which an operator may change (`server/policy.ts`).
 * Source: FTC1 §3.7, §3.10, §4.6, §6; PRODUCT §3.
 *
 * @module
 */

/** Octets of the plaintext of one frame, padding included (FTC1 §3.7). */
export const MAX_FRAME_OCTETS = 65_536;

/** Octets of the smallest padded frame; every short message looks alike (FTC1 §3.7). */
export const MIN_FRAME_OCTETS = 256;

/** Octets of a line once logged in, and always at the client: a token of 65,536 octets (FTC1 §3.10). */
export const MAX_LINE_OCTETS = 87_480;

/** Octets of a line before the login is complete, as the server counts (FTC1 §3.10). */
export const MAX_EARLY_LINE_OCTETS = 8_192;

/** Levels of nesting in the JSON of a frame (FTC1 §3.7). */
export const MAX_NESTING = 16;

/** Characters of a request id that is a string (FTC1 §3.10). */
export const MAX_ID_CHARACTERS = 64;

/** Octets of the list or page in one answer; the next page comes on request (FTC1 §3.10). */
export const MAX_PAGE_OCTETS = 49_152;

/** Characters of a user or group name (FTC1 §4.6). */
export const MAX_NAME_CHARACTERS = 32;

/** Code points of one message text, so at most 16,000 octets (PRODUCT §3, FTC1 §6). */
export const MAX_TEXT_CODE_POINTS = 4_000;

/** Other members that one group may have beside its owner (PRODUCT §3). */
export const MAX_GROUP_MEMBERS = 1_000;

/** Entries that one `history` request may ask for (PRODUCT §3: `@history n`, n from 1 to 1,000). */
export const MAX_HISTORY_ENTRIES = 1_000;

/** Key records asked for at once: names and fingerprints fit into a frame with room to spare. */
export const MAX_KEYS_ASKED = 400;

/** Wraps in one frame: 1,634 characters each with name and fingerprint, so that they fill a page. */
export const MAX_WRAPS_IN_FRAME = 28;

/** Entries of the client state written at once; the frame bounds their octets. */
export const MAX_STATE_WRITES = 400;

/** Characters of one entry of the client state: a token of 4 KiB and what Fernet adds (FTC1 §7.7). */
export const MAX_STATE_CHARACTERS = 5_600;

/** Entries of the client state of one account: one for each peer and each conversation. */
export const MAX_STATE_ENTRIES = 20_000;

/** Names, in pieces of epochs, of one piece: 16 KiB, so that pieces fill pages well. */
export const MAX_PIECE_MEMBERS = 200;

/** Leave notes in one piece: up to 220 characters each. */
export const MAX_PIECE_NOTES = 60;
