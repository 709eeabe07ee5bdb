// Entry of /app.
import '../styles/base.css';
import { mount } from 'svelte';
import { localeOfVisitor, setLocale } from '../language.ts';
import { applyTheme, readTheme } from '../theme.ts';
import App from './App.svelte';
import { type IndexWorker, searchInWorker } from './finder.ts';
import type { CreateDriveEngine } from './port.ts';
import { takeOpenedFiles } from './opened-files.ts';
import { followAddress } from './router.svelte.ts';
import { keepInstallOffer } from './shell/install.svelte.ts';

/**
 * Called by the entry of the build, which brings the engine (engine/drive-engine.ts) and starts the worker of index.worker.ts;
 * without one, names are searched in the page.
 */
export async function startApp(createEngine: CreateDriveEngine, startIndex: (() => IndexWorker) | null = null): Promise<void> {
  if (startIndex) searchInWorker(startIndex);
  keepInstallOffer();
  const locale = localeOfVisitor();
  setLocale(locale);
  document.documentElement.lang = locale;
  document.querySelector<HTMLLinkElement>('link[rel=manifest]')?.setAttribute('href', `/${locale}.webmanifest`);
  applyTheme(readTheme());
  const engine = await createEngine();
  followAddress();
  takeOpenedFiles();
  const target = document.querySelector('#app')!;
  target.replaceChildren();
  mount(App, { target, props: { engine } });
}
