// What sync does by judgement rather than by rule; each may change without a change of format. spec/sync.md "The brake".

/** Removals above this many wait for a person. */
export const removalsMax = 500;
/** So do removals above this part of a space … */
export const removedShareMax = 0.25;
/** … that holds at least this many nodes. */
export const shareNodesMin = 40;

/** What was written to less than this before a look may be written to again without another time of change. */
export const racyNs = 2_000_000_000n;
/** A file is read once nobody has written to it for this long. */
export const settleNs = 150_000_000n;
/** What was written less than this before a machine went down may not have reached its disk. Linux writes after 30 s, unless told otherwise. */
export const unsafeNs = 600_000_000_000n;
/** What was replaced or removed is looked at again after this long, before it is let go: a program may hold it open, and write to it then. */
export const secondLookMs = 300_000;
/** What nobody else has stays in the safety folder this long, and comes back then. */
export const safetyKeptMs = 30 * 24 * 3_600_000;
/** Files that are written together: their names become durable at once. */
export const groupFilesMax = 1_024;
export const groupBytesMax = 64 * 2 ** 20;
/** Files up to this are fetched with others. */
export const smallBytesMax = 1_048_576;
/** What fetched files leave free: this part of the disk, and at most so many bytes. */
export const reservedShare = 0.05;
export const reservedBytesMax = 2 ** 30;
/** What may pass by itself is tried again after this long, and at the start of a program. */
export const retryMs = { passing: 60_000, 'quota-full': 600_000, damaged: 24 * 3_600_000 } as const;
/** A part of all files is read again this often … */
export const rehashEveryMs = 3_600_000;
/** … so that each was within this time. */
export const rehashAllMs = 30 * 24 * 3_600_000;
/** How long removals count together. */
export const removalsMs = 600_000;
/** Two times at which a machine is said to have started are one if they are no further apart: clocks are set. */
export const sameStartSeconds = 90;

/** New things that are planned at once. A first sync of 25,000 took 640 MiB at its most beside what the program takes anyway. */
export const newAtOnceMost = 12_000;
