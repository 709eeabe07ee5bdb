// Entry of /s. The fragment leaves the address bar before anything is asked of the network.
import '../styles/base.css';
// Its styles dress what the document holds until this script has run.
import '../words/Waiting.svelte';
import { mount } from 'svelte';
import { localeOfVisitor, setLocale } from '../language.ts';
import { applyTheme, readTheme } from '../theme.ts';
import { takeFragment } from './fragment.ts';
import LinkPage from './LinkPage.svelte';

const fragment = takeFragment();
const opener = import('../engine/opener.ts');
const locale = localeOfVisitor();
setLocale(locale);
document.documentElement.lang = locale;
applyTheme(readTheme());
const target = document.querySelector('#app')!;
target.replaceChildren();
mount(LinkPage, { target, props: { fragment, engine: async () => (await opener).createOpener() } });
