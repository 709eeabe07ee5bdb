import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { headerRules } from './headers.ts';
import { compileMessages } from './messages.ts';

const read = (locale: 'fr' | 'en'): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, `../messages/${locale}.json`), 'utf8')) as Record<string, unknown>;
const texts = (messages: Record<string, unknown>): readonly (readonly [string, string])[] =>
  Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[key, value] as const]
      : Object.values((value as { match: Record<string, string> }[])[0]?.match ?? {}).map((text) => [key, text] as const),
  );

test('every sentence exists in both languages, with the same figures in it', () => {
  const [fr, en] = [read('fr'), read('en')];
  assert.deepEqual(Object.keys(fr), Object.keys(en));
  const names = (value: unknown): readonly string[] => [...new Set(JSON.stringify(value).match(/\{\w+\}/g) ?? [])].sort();
  for (const key of Object.keys(fr)) assert.deepEqual(names(fr[key]), names(en[key]), key);
});

test('French text has its narrow spaces and its own apostrophe', () => {
  for (const [key, text] of texts(read('fr'))) {
    if (key === '$schema') continue;
    assert.doesNotMatch(text, / [;:!?»]|« |\w'/, key);
  }
});

test('messages that did not change are not compiled again: somebody may be reading them', async () => {
  const root = path.join(import.meta.dirname, '..');
  const made = (): number => statSync(path.join(root, 'src/paraglide/runtime.js')).mtimeMs;
  await compileMessages(root);
  const before = made();
  await compileMessages(root);
  assert.equal(made(), before);
});

test('no page may run inline code, and only the KDF worker and the viewer may compile WebAssembly', () => {
  for (const { pattern, headers } of headerRules) {
    const policy = headers['Content-Security-Policy' as keyof typeof headers] ?? '';
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/, pattern);
    assert.equal(policy.includes("'wasm-unsafe-eval'"), pattern.startsWith('/w/kdf-') || pattern.startsWith('/viewer/'), pattern);
  }
});
