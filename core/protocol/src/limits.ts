// The limits of format version 1, one place for both sides: spec/conventions.md.

/** One CAE-1 segment's plaintext. */
export const segmentBytes = 262_144;
/** Most plaintext in one object, and its sealed length. */
export const chunkBytes = 4_194_304;
export const objectBytesMax = 4_194_596;
export const nodeBytesMax = 1_048_576;

export const batchBytesMax = 16_842_752;
export const batchFramesMax = 8_192;
export const linkListIdsMax = 65_536;
export const linkObjectsMax = 2 ** 21;

export const genesisBytesMax = 4_096;
/** A rekey of a home with what travels beside it: a root, the key before, one KEM record. */
export const rekeyBytesMax = 8_192;
/** One entry of a log, without its signature and attachments. */
export const logEntryBytesMax = 131_072;
/** An entry with its signature and all its attachments: what one request appends. */
export const envelopeBytesMax = 4_456_448;
/** Entries of one page of a log; attachments make it shorter. */
export const logPageEntriesMax = 1_024;
/** 256 buckets of a count and a sum. */
export const liveTableBytes = 9_216;
/** Ids that one entry adds or sweeps. */
export const entryIdsMax = 131_072;
export const deltaBytesMax = 65_536;
export const membersMax = 1_000;
/** Devices of one user in one space: in force at a time, and ever. */
export const userDevicesMax = 64;
export const userDevicesEverMax = 4_096;
/** Entries heard from others that one commit repeats. */
export const seenMax = 64;
export const retentionDaysMax = 36_500;
export const recordBytesMax = 16_384;
export const noteBytesMax = 4_096;

export const fileBytesMax = 4 * 2 ** 40;
export const extentsInlineMax = 4;
export const extentsLeafMax = 512;
export const manifestChildrenMax = 512;
export const manifestLevelsMax = 3;
export const directoryEntriesMax = 1_000_000;
export const directoryLevelsMax = 4;
export const entryBytesMax = 1_280;
export const nameBytesMax = 255;
export const symlinkBytesMax = 640;
export const thumbnailBytesMax = 262_144;
export const depthMax = 128;

export const uploadLeaseMs = 7 * 24 * 3_600_000;
export const clockSkewMsMax = 300_000;

/** A sealed slot: a header of 68 bytes, 256 of padded plaintext, a tag of 16. */
export const slotBytes = 340;
/** Kits and passkeys of one account. */
export const slotsMax = 16;
export const pairingMessageBytesMax = 4_096;
export const pairingStepsMax = 8;
export const ticketLifeMs = 600_000;
export const loginLifeMs = 120_000;
export const pairingLifeMs = 600_000;
/** How long a deleted account can be brought back. */
export const accountEndMs = 7 * 24 * 3_600_000;
