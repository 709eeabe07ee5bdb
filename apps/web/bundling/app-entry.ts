// Whether the drive's page is in the build. Its screens (src/app) need an engine behind src/app/port.ts: whoever brings it writes an
// entry that calls `startApp` of src/app/main.ts with it and names that entry here. Until then nothing serves /app, links to it or
// carries its scripts; stories and tests draw the screens from given states.

/** Relative to apps/web, like 'src/app/entry.ts'; null leaves the page out. */
export const appEntry: string | null = null;
