// Entry of /fr and /en: wakes the prerendered page.
import '../styles/base.css';
import { hydrate } from 'svelte';
import { localeOfDocument, rememberLocale, setLocale } from '../language.ts';
import { applyTheme, readTheme } from '../theme.ts';
import Landing from './Landing.svelte';

setLocale(localeOfDocument());
rememberLocale(localeOfDocument());
applyTheme(readTheme());
hydrate(Landing, {
  target: document.querySelector('#app')!,
  props: {
    engine: async () => (await import('../engine/sender.ts')).createSender(),
    screens: async () => (await import('./screens.ts')).screens,
  },
});
