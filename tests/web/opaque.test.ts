// A password is stretched and proved in a browser's worker, under the policy that worker has: no network, WebAssembly but no evaluated text.
// needs: chromium
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ready, server as opaque } from '@serenity-kit/opaque';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { findChromium, launchChromium } from '../support/browser.ts';

const root = join(import.meta.dirname, '../..');
const skip = findChromium() === null && 'no Chromium on this machine';
const policies = {
  page: "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types worker",
  worker: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'; require-trusted-types-for 'script'; trusted-types",
} as const;

/** One call of the client for each message; what a step keeps stays in the worker. */
const workerSource = (opaquePath: string) => `
import { opaqueClient } from ${JSON.stringify(opaquePath)};
let kept;
const place = (origin) => ({ userId: new Uint8Array(32).fill(5), origin });
const passphrase = (password) => ({ password, codeSecret: new Uint8Array(16).fill(9) });
const calls = {
  startRegistration: async ({ password }) => { const begun = await opaqueClient.startRegistration(passphrase(password)); kept = begun.kept; return begun.request; },
  finishRegistration: async ({ response, origin }) => opaqueClient.finishRegistration(kept, response, place(origin)),
  startLogin: async ({ password }) => { const begun = await opaqueClient.startLogin(passphrase(password)); kept = begun.kept; return begun.request; },
  finishLogin: async ({ response, origin }) => opaqueClient.finishLogin(kept, response, place(origin)),
  network: () => fetch('/').then(() => 'reached', () => 'refused'),
};
self.onmessage = async ({ data: { call, given } }) => {
  try { self.postMessage({ done: await calls[call](given) }); } catch (error) { self.postMessage({ failed: error.code ?? String(error) }); }
};
`;

const pageSource = `
const worker = new Worker(trustedTypes.createPolicy('worker', { createScriptURL: (url) => url }).createScriptURL('/worker.js'), { type: 'module' });
window.ask = (call, given) => new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); worker.postMessage({ call, given }); });
window.isReady = true;
`;

describe('a password in a browser', { skip }, () => {
  let server: Server | undefined;
  let browser: Browser | undefined;

  before(async () => {
    await ready;
    server = await serve(await bundle());
    browser = await launchChromium(['--disable-gpu', '--disable-background-networking']);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  test('is registered, proved and refused in a worker without network or evaluated text', { timeout: 480_000 }, async () => {
    const origin = `http://127.0.0.1:${((server as Server).address() as AddressInfo).port}`;
    const page = await (browser as Browser).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(origin);
    await page.waitForFunction(() => 'isReady' in window);
    const ask = async (call: string, given: object = {}): Promise<{ readonly done?: unknown; readonly failed?: string }> =>
      page.evaluate(
        async ([name, values]) => {
          const bytes = (value: unknown) => (Array.isArray(value) ? new Uint8Array(value) : value);
          const given = Object.fromEntries(Object.entries(values as object).map(([key, value]) => [key, bytes(value)]));
          const ask = (window as unknown as { ask: (call: string, given: object) => Promise<{ done?: unknown; failed?: string }> }).ask;
          const { done, failed } = await ask(name as string, given);
          const plain = (value: unknown): unknown =>
            value instanceof Uint8Array
              ? [...value]
              : value && typeof value === 'object'
                ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
                : value;
          return { done: plain(done), ...(failed === undefined ? {} : { failed }) };
        },
        [call, given] as const,
      );
    const base64url = (bytes: unknown) => Buffer.from(bytes as number[]).toString('base64url');
    const listOf = (text: string) => [...Buffer.from(text, 'base64url')];
    const userId = '05'.repeat(32);
    const identifiers = { client: userId, server: `rp1|${origin}` };
    const serverSetup = opaque.createSetup();
    const begun = await ask('startRegistration', { password: 'a password' });
    const { registrationResponse } = opaque.createRegistrationResponse({
      serverSetup,
      userIdentifier: userId,
      registrationRequest: base64url(begun.done),
    });
    const made = (await ask('finishRegistration', { response: listOf(registrationResponse), origin })).done as {
      record: number[];
      exportKey: number[];
    };
    const login = async (password: string) => {
      const { done } = await ask('startLogin', { password });
      const answer = opaque.startLogin({
        serverSetup,
        userIdentifier: userId,
        registrationRecord: base64url(made.record),
        startLoginRequest: base64url(done),
        identifiers,
      });
      return { answer, finished: await ask('finishLogin', { response: listOf(answer.loginResponse), origin }) };
    };
    const right = await login('a password');
    const { proof, exportKey } = right.finished.done as { proof: number[]; exportKey: number[] };
    assert.deepEqual(exportKey, made.exportKey);
    opaque.finishLogin({ serverLoginState: right.answer.serverLoginState, finishLoginRequest: base64url(proof), identifiers });
    assert.equal((await login('another')).finished.failed, 'reject');
    assert.deepEqual(complaints, []);
    assert.equal((await ask('network')).done, 'refused', 'the policy holds in the worker');
  });
});

/** The files by name. Nothing is written to the repository. */
async function bundle(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-opaque-'));
  try {
    const entry = join(folder, 'worker.js');
    writeFileSync(entry, workerSource(join(root, 'client/vault/src/account/opaque.ts')));
    const lib = { entry, formats: ['es' as const], fileName: () => 'worker.js' };
    const built = await build({ configFile: false, logLevel: 'error', root: folder, build: { write: false, target: 'esnext', lib } });
    const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
    return new Map(outputs.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code] as const] : [])));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function serve(scripts: ReadonlyMap<string, string>): Promise<Server> {
  const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
    const { url = '/' } = request;
    if (url === '/') {
      const headers = { 'content-type': 'text/html', 'content-security-policy': policies.page };
      return response
        .writeHead(200, headers)
        .end('<!doctype html><link rel=icon href=data:,><title>opaque</title><script type=module src=/page.js></script>');
    }
    const script = url === '/page.js' ? pageSource : scripts.get(url);
    if (script === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': 'text/javascript', 'content-security-policy': policies.worker }).end(script);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
