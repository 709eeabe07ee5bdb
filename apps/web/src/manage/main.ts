// Entry of /m, the page of whoever sent something. Its fragment is the owner's secret and leaves the address bar at once.
import '../styles/base.css';
// Its styles dress what the document holds until this script has run.
import '../words/Waiting.svelte';
import { mount } from 'svelte';
import { localeOfVisitor, setLocale } from '../language.ts';
import { applyTheme, readTheme } from '../theme.ts';
import { takeFragment } from '../link/fragment.ts';
import ManagePage from './ManagePage.svelte';

const fragment = takeFragment();
const locale = localeOfVisitor();
setLocale(locale);
document.documentElement.lang = locale;
applyTheme(readTheme());
const target = document.querySelector('#app')!;
target.replaceChildren();
mount(ManagePage, { target, props: { fragment, engine: async () => (await import('../engine/managing.ts')).createManager } });
