// What every screen owes every person, asked of the page as it stands: no accessibility rule broken, nothing wider than the window down to 320 pixels,
// and no word of the other language.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { wordsOf, type Locale } from './words.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const narrowWidths = [320, 390];

/** In words, one a defect; empty when all is well. */
export async function inspectScreen(page: Page, locale: Locale): Promise<readonly string[]> {
  return [
    ...(await breakAxeRules(page)),
    ...(await overflow(page)),
    ...(await foreignWords(page, locale)),
    ...(await lacksLanguage(page, locale)),
  ];
}

async function breakAxeRules(page: Page): Promise<readonly string[]> {
  await untilStill(page);
  await page.evaluate(axeSource);
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '').slice(0, 160))]))`,
  )) as readonly (readonly [string, readonly string[]])[];
  return violations.map(([id, nodes]) => `axe ${id}: ${nodes.join(' ¦ ')}`);
}

/** What moves is judged when it has arrived: no animation with an end has run for a third of a second. */
async function untilStill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const moving = () =>
      document.getAnimations().some((each) => each.playState === 'running' && each.effect?.getComputedTiming().iterations !== Infinity);
    for (let still = 0; still < 20; still = moving() ? 0 : still + 1) await new Promise((resolve) => setTimeout(resolve, 16));
  });
}

async function overflow(page: Page): Promise<readonly string[]> {
  const before = page.viewportSize();
  const found: string[] = [];
  for (const width of narrowWidths) {
    await page.setViewportSize({ width, height: before?.height ?? 800 });
    const widest = await page.evaluate(() => {
      const root = document.scrollingElement ?? document.documentElement;
      if (root.scrollWidth <= innerWidth) return null;
      const culprit = [...document.querySelectorAll('body *')].find((each) => each.getBoundingClientRect().right > innerWidth + 1);
      return `${root.scrollWidth} pixels wide, first by <${culprit?.tagName.toLowerCase()} class="${culprit?.getAttribute('class')}">`;
    });
    if (widest !== null) found.push(`at ${width} pixels the page is ${widest}`);
  }
  if (before) await page.setViewportSize(before);
  return found;
}

const letters = /\p{L}/gu;

/** Fixed parts of the other language's messages that are long enough to be a language, and are no part of this language's own. */
function foreignPieces(locale: Locale): readonly string[] {
  const own = wordsOf(locale).pieces().map(plain);
  const ownText = own.join('\n');
  const other = wordsOf(locale === 'fr' ? 'en' : 'fr')
    .pieces()
    .map(plain);
  return [...new Set(other)].filter((piece) => (piece.match(letters)?.length ?? 0) >= 5 && !ownText.includes(piece));
}

async function foreignWords(page: Page, locale: Locale): Promise<readonly string[]> {
  const text = plain(
    await page.evaluate(() => {
      const named = [...document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')].filter(
        (each) => !each.closest('[lang]:not(html)'),
      );
      const labels = named.flatMap((each) => ['aria-label', 'title', 'placeholder', 'alt'].map((name) => each.getAttribute(name) ?? ''));
      const texts: string[] = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (parent?.checkVisibility() && !parent.closest('[lang]:not(html), [translate="no"]')) texts.push(node.textContent ?? '');
      }
      return [...texts, document.title, ...labels].join('\n');
    }),
  );
  const boundary = (piece: string) => new RegExp(`(?<![\\p{L}])${piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}])`, 'u');
  return foreignPieces(locale)
    .filter((piece) => text.includes(piece) && boundary(piece).test(text))
    .map((piece) => `words of another language: “${piece}”`);
}

async function lacksLanguage(page: Page, locale: Locale): Promise<readonly string[]> {
  const lang = await page.evaluate(() => document.documentElement.lang);
  return lang === locale ? [] : [`the document says its language is "${lang}"`];
}

function plain(text: string): string {
  return text.replace(/[\s\u00a0\u202f]+/g, ' ').trim();
}
