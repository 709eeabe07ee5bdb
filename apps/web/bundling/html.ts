// The HTML around each page. Nothing inline: the policy of web pages refuses it, so this refuses it first.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '../src/render.ts';
import type { Assets } from './bundles.ts';

interface Parts {
  readonly page: Page;
  readonly locale: 'fr' | 'en';
  readonly assets: Assets;
  readonly withScript: boolean;
  readonly index: boolean;
}

export function pageHtml({ page, locale, assets, withScript, index }: Parts): string {
  const fonts = ['bricolage', 'instrument'].map((family) => assets.fonts[family]).filter((file) => file !== undefined);
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover,interactive-widget=resizes-content">',
    `<title>${escape(page.title)}</title>`,
    page.description && `<meta name="description" content="${escape(page.description)}">`,
    !index && '<meta name="robots" content="noindex">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf9f5"><meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1016">',
    '<link rel="icon" href="/icon.svg" type="image/svg+xml">',
    ...(withScript
      ? [`<link rel="manifest" href="/${locale}.webmanifest">`, '<link rel="apple-touch-icon" href="/icons/apple-180.png">']
      : []),
    ...fonts.map((file) => `<link rel="preload" href="/${file}" as="font" type="font/woff2" crossorigin>`),
    ...assets.css.map((file) => `<link rel="stylesheet" href="/${file}">`),
    ...(withScript
      ? [
          ...[...assets.imports, ...assets.soon].map((file) => `<link rel="modulepreload" href="/${file}">`),
          `<script type="module" src="/${assets.script}"></script>`,
        ]
      : []),
  ]
    .filter(Boolean)
    .join('\n');
  return refuseInline(
    `<!doctype html>\n<html lang="${locale}">\n<head>\n${head}\n</head>\n<body>\n<div id="app">${page.body}</div>\n</body>\n</html>\n`,
  );
}

export async function viewerHtml(root: string, assets: Assets): Promise<string> {
  const template = await readFile(path.join(root, 'src/viewer/viewer.html'), 'utf8');
  return refuseInline(template.replace('{css}', `/${assets.css[0] ?? ''}`).replace('{script}', `/${assets.script}`));
}

function refuseInline(html: string): string {
  const found = /\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+="/i.exec(html);
  if (found) throw new Error(`inline code in a page: ${html.slice(Math.max(0, found.index - 80), found.index + 80)}`);
  return html;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
