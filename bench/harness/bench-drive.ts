// An account on a server of the benchmark, and its drive while it is filled: by the SDK alone, as any program would.
import { connect } from '@reprise/sdk';
import { memoryDeviceStore, signUp } from '@reprise/sdk/account';
import { type Drive, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { nodePool, nodeTransport } from '@reprise/sdk/node';
import { opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { memoryFile } from '../../tests/drive/content.ts';

/** Its sign-in name. */
export const benchName = 'bench';

/** Opens the account with this phrase, and closes what filled its drive. */
export async function fillDrive<Filled>(server: string, phrase: string, fill: (drive: Drive) => Promise<Filled>): Promise<Filled> {
  using transport = nodeTransport();
  await using pool = nodePool(2);
  const heads = memoryHeadStore();
  const ports = { connection: connect({ server, transport }), engine: nodeEngine, store: memoryDeviceStore(), heads, opaque: opaqueClient };
  const account = await signUp(ports, { name: benchName, password: phrase });
  return await fill(await openDrive(account.session, { engine: nodeEngine, pool, heads }));
}

/** Small files of one folder, put as one drop. @throws Error where fewer arrive */
export async function putSmallFiles(drive: Drive, folder: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => memoryFile(smallName(n), `picture ${n}`));
  const { files } = await (await drive.put(folder, items)).finished;
  if (files !== count) throw new Error(`${files} files were put`);
}

export function smallName(n: number): string {
  return `IMG_${String(n).padStart(6, '0')}.jpg`;
}
