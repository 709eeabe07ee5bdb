// The database of this browser's account, as every thread that opens it must know it. spec/accounts.md "Device".
export const accountDatabase = { name: 'reprise-account', stores: ['keys', 'sealed', 'record', 'heads', 'nodes', 'settings'] } as const;
export const recordName = 'record';
