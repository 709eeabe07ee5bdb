// syncthing between two devices of this machine, without its public servers: it follows both folders by itself, and is told to look where a step
// is timed. How long it waits after a change is a setting: its least is measured beside its default.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../tests/support/server.ts';
import { runCommand } from '../../harness/command.ts';
import { startService, type Service } from '../../harness/service.ts';
import { absentPrograms } from '../peer.ts';
import type { SyncPeer } from './peer.ts';

const key = 'benchmark';
const defaultWaitSeconds = 10;
const leastWaitSeconds = 1;

export const syncthing: SyncPeer = peerThatWaits('syncthing', leastWaitSeconds, 'with the least wait after a change that it takes, 1 s');
/** Differs only in how soon it sees a change by itself. */
export const syncthingByDefault: SyncPeer = peerThatWaits(
  'syncthing, default wait',
  defaultWaitSeconds,
  'as it comes, 10 s after a change',
);

function peerThatWaits(name: string, waitSeconds: number, about: string): SyncPeer {
  return {
    name,
    about: `two devices, TLS between them, no relay and no discovery, ${about}; told by its API to look at the folder where a step is timed. It waits for the disk (fsync). Nothing is stored elsewhere.`,
    absence: async () => absentPrograms('syncthing'),
    async start(folder) {
      const ends = [await makeEnd(join(folder, 'near'), join(folder, 'a')), await makeEnd(join(folder, 'far'), join(folder, 'b'))] as const;
      const services: Service[] = [];
      for (const end of ends) services.push(await startEnd(end, ends));
      const stop = async (): Promise<void> => {
        for (const service of services) await service[Symbol.asyncDispose]();
      };
      try {
        await untilConnected(ends[0]);
      } catch (error) {
        await stop();
        throw error;
      }
      return {
        a: ends[0].folder,
        b: ends[1].folder,
        isDoneWhenBrought: false,
        async bring() {
          await ask(ends[0], 'POST', '/rest/db/scan?folder=both');
          return { sentMs: null };
        },
        async follow() {
          const watching = JSON.stringify({ fsWatcherEnabled: true, fsWatcherDelayS: waitSeconds });
          for (const end of ends) await ask(end, 'PATCH', '/rest/config/folders/both', watching);
          return { pids: [], stop: async () => undefined };
        },
        [Symbol.asyncDispose]: stop,
      };
    },
  };
}

type End = { readonly home: string; readonly folder: string; readonly id: string; readonly port: number; readonly apiPort: number };

async function makeEnd(home: string, folder: string): Promise<End> {
  mkdirSync(folder);
  await runCommand('syncthing', ['generate', `--home=${home}`, '--no-default-folder'], { env: { STNOUPGRADE: '1' } });
  const id = /<device id="([A-Z0-9-]{63})"/.exec(readFileSync(join(home, 'config.xml'), 'utf8'))?.[1];
  if (id === undefined) throw new Error('syncthing made no device');
  return { home, folder, id, port: await freePort(), apiPort: await freePort() };
}

function startEnd(end: End, ends: readonly [End, End]): Promise<Service> {
  const version = /<configuration version="(\d+)"/.exec(readFileSync(join(end.home, 'config.xml'), 'utf8'))?.[1] ?? '36';
  writeFileSync(
    join(end.home, 'config.xml'),
    `<configuration version="${version}">
  <folder id="both" label="both" path="${end.folder}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="false">
    ${ends.map(({ id }) => `<device id="${id}"></device>`).join('')}
  </folder>
  ${ends.map(({ id, port }) => `<device id="${id}" name="${port}" compression="metadata"><address>tcp://127.0.0.1:${port}</address></device>`).join('\n  ')}
  <gui enabled="true" tls="false"><address>127.0.0.1:${end.apiPort}</address><apikey>${key}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:${end.port}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><startBrowser>false</startBrowser>
    <urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
  </options>
</configuration>
`,
  );
  return startService('syncthing', () => ['serve', `--home=${end.home}`, '--no-browser', '--no-restart', '--no-default-folder'], {
    logFile: `${end.home}.log`,
    port: end.apiPort,
    env: { STNOUPGRADE: '1' },
  });
}

async function untilConnected(end: End): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { connections } = (await ask(end, 'GET', '/rest/system/connections')) as { connections: Record<string, { connected: boolean }> };
    if (Object.values(connections).some(({ connected }) => connected)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the two ends of syncthing found no way to each other');
}

async function ask({ apiPort }: End, method: string, path: string, body?: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${apiPort}${path}`, { method, headers: { 'X-API-Key': key }, ...(body && { body }) });
  if (!answer.ok) throw new Error(`syncthing answered ${answer.status} to ${path}`);
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}
