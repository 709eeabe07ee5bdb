import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { generateVectors } from '../../../spec/vectors/generate.ts';
import type { Engine } from './engine.ts';
import { nodeEngine } from './node.ts';
import { nobleEngine } from './testing/noble-engine.ts';
import { runVectorFile, runVectors, vectorFiles } from './vectors.ts';
import { webEngine } from './web-engine.ts';

const folder = join(import.meta.dirname, '../../../spec/vectors');
const texts = new Map(vectorFiles.map((name) => [name, readFileSync(join(folder, `${name}.json`), 'utf8')]));
const files = Object.fromEntries([...texts].map(([name, text]) => [name, JSON.parse(text) as unknown]));
const engines: Readonly<Record<string, Engine>> = { WebCrypto: webEngine, 'node:crypto': nodeEngine, noble: nobleEngine };

describe('the known answers of spec/vectors', () => {
  for (const [name, engine] of Object.entries(engines)) {
    test(`are what ${name} gives`, async () => {
      const verdicts = await runVectors(engine, files);
      const wrong = verdicts.filter((verdict) => verdict.got !== verdict.expected);
      assert.deepEqual(wrong, []);
      for (const file of vectorFiles)
        assert.ok(
          verdicts.some((verdict) => verdict.file === file),
          `${file} was not judged`,
        );
    });
  }

  test('are made again by the generator, byte for byte', async () => {
    const made = await generateVectors();
    assert.deepEqual([...made.keys()].sort(), [...vectorFiles].sort());
    for (const [name, text] of made) assert.equal(texts.get(name), text, `${name}.json differs: run node spec/vectors/generate.ts`);
  });

  test('hold the first answers that the chapters print', () => {
    const chapter = readFileSync(join(folder, '../cae-1.md'), 'utf8').replace(/\s+/g, '');
    const cases = (file: string): readonly Record<string, string>[] => (files[file] as { cases: Record<string, string>[] }).cases;
    for (const printed of [
      cases('cae-a')[0]?.['object'],
      cases('cae-a')[0]?.['id'],
      cases('cae-a')[1]?.['id'],
      cases('cae-b')[0]?.['sealed'],
    ]) {
      assert.ok(printed && chapter.includes(printed), String(printed));
    }
  });

  test('name the step that refuses', () => {
    for (const [name, file] of Object.entries(files)) {
      for (const one of (file as { cases: Record<string, unknown>[] }).cases) {
        if (one['verdict'] === 'refused') assert.equal(typeof one['step'], 'string', `${name}: ${String(one['name'])}`);
      }
    }
  });

  test('are noticed when they are wrong', async () => {
    const cases = (files['padme'] as { cases: Record<string, unknown>[] }).cases;
    const verdicts = await runVectorFile(nodeEngine, 'padme', { cases: [cases[8], { ...cases[9], padded: 1 }] });
    const wrong = verdicts.filter((verdict) => verdict.got !== verdict.expected);
    assert.equal(wrong.length, 1);
    assert.equal(wrong[0]?.got, 'wrong');
  });
});
