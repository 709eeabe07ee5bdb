/** `npm run test:long`: the same run with the full matrices: thousands of seeds, hundreds of kills, files of many gigabytes. */
process.env['REPRISE_LONG'] = '1';
await import('./test.ts');
