// The server side of the build: each prerendered page as HTML text, in one language. Runs in Node, once, and is not shipped.
import type { Component } from 'svelte';
import { render } from 'svelte/server';
import { setLocale, type Locale } from './language.ts';
import { m } from './messages.ts';
import Landing from './landing/Landing.svelte';
import Case from './words/Case.svelte';
import Filed from './words/Filed.svelte';
import Followed from './words/Followed.svelte';
import How from './words/How.svelte';
import Missing from './words/Missing.svelte';
import Notice from './words/Notice.svelte';
import Received from './words/Received.svelte';
import Waiting from './words/Waiting.svelte';

export interface Page {
  readonly title: string;
  readonly description: string;
  readonly body: string;
}

export type PageName = 'landing' | 'how' | 'notice' | 'received' | 'filed' | 'case' | 'followed' | 'missing' | 'waiting';

export function renderPage(name: PageName, locale: Locale): Page {
  setLocale(locale);
  const never = (): Promise<never> => new Promise(() => {});
  const page = (component: Component<Record<string, never>>, title: string, description = ''): Page => ({
    title,
    description,
    body: render(component, { props: {} }).body,
  });
  switch (name) {
    case 'landing':
      return {
        title: m.landing_title(),
        description: m.landing_description(),
        body: render(Landing, { props: { engine: never, screens: never } }).body,
      };
    case 'how':
      return page(How, `${m.how_title()} – Reprise`, m.how_lead());
    case 'notice':
      return page(Notice, `${m.notice_title()} – Reprise`, m.notice_lead());
    case 'received':
      return page(Received, `${m.received_title()} – Reprise`);
    case 'filed':
      return page(Filed, `${m.filed_title()} – Reprise`);
    case 'case':
      return page(Case, `${m.case_title()} – Reprise`, m.case_lead());
    case 'followed':
      return page(Followed, `${m.case_title()} – Reprise`);
    case 'missing':
      return page(Missing, '404 – Reprise');
    case 'waiting':
      return page(Waiting, 'Reprise');
  }
}
