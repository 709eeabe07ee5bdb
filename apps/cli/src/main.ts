// The command line of Reprise. Compiled code is kept from run to run before anything else is read: half of a short run is compiling.
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';

const cacheFolder = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
module.enableCompileCache(path.join(cacheFolder, 'reprise', 'compiled'));

const { runProgram } = await import('./program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
