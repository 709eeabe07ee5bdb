// Draws one named state: ?story=…&locale=…&theme=…. For the eye, the contact sheet and the accessibility check; never shipped.
import '../src/styles/base.css';
import '../src/styles/words.css';
import { mount } from 'svelte';
import { setLocale, type Locale } from '../src/language.ts';
import { applyTheme, type Theme } from '../src/theme.ts';
import { stories } from './stories.ts';

const query = new URLSearchParams(location.search);
const locale = (query.get('locale') ?? 'fr') as Locale;
setLocale(locale);
document.documentElement.lang = locale;
applyTheme((query.get('theme') ?? 'system') as Theme);
const story = stories[query.get('story') ?? ''];
if (story) {
  const { component, props } = story();
  mount(component, { target: document.querySelector('#app')!, props });
} else {
  const list = document.querySelector('#app')!;
  for (const name of Object.keys(stories))
    list.append(Object.assign(document.createElement('a'), { href: `?story=${name}`, textContent: name }));
}
