// The database of a connected wallet, as the page and its worker must know it. spec/web.md "Threads".
export const outsideDatabase = { name: 'reprise-outside-wallet', stores: ['keys', 'kept'] } as const;

/** A browser in which nothing was ever connected gets none. */
export async function isRecorded(): Promise<boolean> {
  return (await indexedDB.databases()).some(({ name }) => name === outsideDatabase.name);
}
