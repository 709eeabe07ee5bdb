// What the engine's tests do over and over: open the page, call the harness in it, compare what was saved.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { TestBrowser, TestPage } from './browsers.ts';
import { finishedDownload } from './browsers.ts';
import type { Harness } from './engine-page.ts';
import { madeUpBytes, madeUpStep } from './made-up.ts';
import type { EngineSite } from './sites.ts';

type Calls = {
  [Name in keyof Harness]: Harness[Name] extends (...args: infer Args) => infer Out ? (...args: Args) => Promise<Awaited<Out>> : never;
};
export type EnginePage = { readonly page: TestPage; readonly call: Calls; violations(): Promise<readonly string[]> };

/** A page under control of the service worker, whose harness is called as if it were here. */
export async function openEnginePage(browser: TestBrowser, site: EngineSite): Promise<EnginePage> {
  const page = await browser.newPage();
  await page.goto(site.url);
  const engine = engineOf(page);
  if (!(await engine.call.controlled())) throw new Error('no service worker took control');
  return engine;
}

export function engineOf(page: TestPage): EnginePage {
  const call = new Proxy({} as Calls, {
    get:
      (_, name: string) =>
      async (...args: unknown[]) =>
        page
          .run(
            async (argument) => {
              const functions = (globalThis as never as { harness: Record<string, (...args: unknown[]) => unknown> }).harness;
              try {
                return { value: await functions[argument.name]?.(...argument.args) };
              } catch (error) {
                // Errors cross a driver as text only; the code is what tests compare.
                const { code, facts } = error as { code?: string; facts?: object };
                return { error: code === undefined ? String(error) : `${code} ${JSON.stringify(facts)}` };
              }
            },
            { name, args: args.map((it) => (it === undefined ? null : it)) },
          )
          .then((answer) => {
            if ('error' in answer) throw new Error(answer.error);
            return answer.value;
          }),
  });
  return {
    page,
    call,
    violations: () => page.run(() => (globalThis as never as { harness: { violations: string[] } }).harness.violations, null),
  };
}

/** SHA-256 in hex of a made-up file. */
export function madeUpHash(bytes: number, seed: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += madeUpStep) hash.update(madeUpBytes(at, Math.min(madeUpStep, bytes - at), seed));
  return hash.digest('hex');
}

export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** The hash of what the browser saved last; the file is gone afterwards. */
export async function savedHash(browser: TestBrowser, waitMs = 180_000): Promise<string> {
  const path = await finishedDownload(browser.downloads, waitMs);
  const hash = await fileHash(path);
  await unlink(path);
  return hash;
}
