// The drive's page in the build: its screens (src/app) with the engine behind src/app/port.ts.

/** Relative to apps/web; null leaves the page out: nothing then serves /app, links to it or carries its scripts. */
export const appEntry: string | null = 'src/app/entry.ts';
