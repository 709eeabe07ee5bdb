// The places the engine's tests run in: the host with the engine's page behind a fault proxy, and a site for the sinks alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { type Host, startHost } from '../../support/server.ts';
import { bundleScript } from './bundle.ts';
import { type Served, serveSite, type Site } from './serve.ts';
import { buildHarness } from './site.ts';

export type EngineSite = AsyncDisposable & {
  /** Through the proxy. */
  readonly url: string;
  readonly host: Host;
  readonly proxy: FaultProxy;
};

/** The host serves the engine's page; browsers reach it through the proxy. @param direct for measurements: without it */
export async function startEngineSite(direct = false): Promise<EngineSite> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-engine-'));
  await buildHarness(folder);
  const proxy = await startFaultProxy();
  const host = await startHost({ ...(!direct && { publicUrl: proxy.url }), env: { REPRISE_WEB: folder } });
  proxy.target(host.url);
  return {
    url: `${direct ? host.url : proxy.url}/engine`,
    host,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The real service worker and sinks, fed by a worker that makes the bytes up. */
export async function startSinkSite(): Promise<Site> {
  const web = join(import.meta.dirname, '../../../apps/web/src');
  const constants = {
    __SEAL_ENGINE__: '/w/seal-engine-harness0.js',
    __SEAL_POOL__: '/w/seal-pool-harness0.js',
    __KDF_WORKER__: '/w/kdf-harness0.js',
    __KDF_ACCOUNT__: '/w/kdf-account-harness0.js',
    __DRIVE_ENGINE__: '/w/drive-engine-harness0.js',
    __WALLET__: '/w/wallet-harness0.js',
    __OUTSIDE__: '/w/outside-harness0.js',
    __NAME_INDEX__: '/w/name-index-harness0.js',
    __THUMBS__: '/w/thumbs-harness0.js',
    __BUILD__: 'harness0',
    __SHELL__: { documents: [], files: [], first: [] },
  };
  const script = async (entry: string, format: 'module' | 'classic'): Promise<Served> => ({
    type: 'text/javascript',
    body: await bundleScript({ entry, format, constants }),
  });
  const page = '<!doctype html><html lang="en"><meta charset="utf-8"><title>sinks</title><script type="module" src="/page.js"></script>';
  return serveSite(
    new Map<string, Served>([
      ['/', { type: 'text/html', body: page }],
      ['/page.js', await script(join(import.meta.dirname, 'sinks-page.ts'), 'module')],
      ['/w/seal-engine-harness0.js', await script(join(import.meta.dirname, 'sinks-worker.ts'), 'module')],
      ['/sw.js', await script(join(web, 'sw/sw.ts'), 'classic')],
    ]),
  );
}
