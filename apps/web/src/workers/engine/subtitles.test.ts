import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelBeside, languageOf, webVtt } from './subtitles.ts';

test('subtitles lie beside a film under its name, whatever their case and their accents’ form', () => {
  const cases: readonly (readonly [string, string, string | null])[] = [
    ['Le film.mp4', 'Le film.vtt', ''],
    ['Le film.mp4', 'le FILM.fr.SRT', 'fr'],
    ['Été.mkv', 'E\u0301te\u0301.en.forced.vtt', 'en.forced'],
    ['Le film.mp4', 'Le film - commentaire.srt', '- commentaire'],
    ['Le film.mp4', 'Le film 2.mp4', null],
    ['Le film.mp4', 'Le filmage.srt', null],
    ['Le film.mp4', 'autre.vtt', null],
    ['Le film.mp4', 'Le film.txt', null],
  ];
  for (const [film, name, label] of cases) assert.equal(labelBeside(film, name), label, name);
});

test('the language is what a label begins with', () => {
  const cases = [
    ['fr', 'fr'],
    ['pt_BR', 'pt-BR'],
    ['en.forced', 'en'],
    ['', null],
    ['- commentaire', null],
    ['directors cut', null],
  ] as const;
  for (const [label, language] of cases) assert.equal(languageOf(label), language, label);
});

test('SubRip becomes WebVTT, and WebVTT stays, without sheets of styles', () => {
  assert.equal(
    webVtt('\ufeff1\r\n00:00:01,500 --> 00:00:02,000\r\n{\\an8}Bonsoir, 1,5 fois\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nOui\r\n'),
    'WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.000\nBonsoir, 1,5 fois\n\n2\n00:00:03.000 --> 00:00:04.000\nOui\n',
  );
  const vtt = 'WEBVTT - title\n\nNOTE STYLE is not one\n\n00:01.000 --> 00:02.000\nHello\n';
  assert.equal(webVtt(vtt), vtt);
  assert.equal(
    webVtt('WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:01.000 --> 00:02.000\nHello\n'),
    'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n',
  );
});
