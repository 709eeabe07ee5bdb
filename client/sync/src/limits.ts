// What sync does by judgement rather than by rule; each may change without a change of format. spec/sync.md "The brake".

/** Removals above this many wait for a person. */
export const removalsMax = 500;
/** So do removals above this part of a space … */
export const removedShareMax = 0.25;
/** … that holds at least this many nodes. */
export const shareNodesMin = 40;
