// A process that opens a sandbox and closes it again, for sandbox.test.ts: `node --import CLOCK earlier.child.ts FOLDER`, where CLOCK sets the time.
import { Sandbox } from './sandbox.ts';

const folder = process.argv[2] as string;
await using sandbox = new Sandbox({ folder, place: { production: false, publicUrl: 'http://localhost:8080', demo: false } });
await sandbox.backend.balance();
