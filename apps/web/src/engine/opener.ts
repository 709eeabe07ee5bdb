// Opening, as the link page sees it: what the engine worker opened.
import type { EngineCalls, OpenedLink } from './calls.ts';
import { contentAnswers, type ContentCalls, preview, startSave } from './contents.ts';
import { answerEngine, callEngine } from './engine.ts';
import type { CreateOpener, Listing, Opener, OpenLink } from './port.ts';
import { someOf } from './rpc.ts';
import { linkPart } from '../link/fragment.ts';
import { bundleName } from './save/bundle-name.ts';
import { offerSinks } from './save/capabilities.ts';
import { startServiceWorker } from './service-worker.ts';

const rootFolder = null;
const contents = someOf<EngineCalls, ContentCalls>(callEngine);

export const createOpener: CreateOpener = async () => {
  answerEngine(contentAnswers);
  void startServiceWorker();
  let lastFragment = '';
  const opener: Opener = {
    async open(fragment, password) {
      lastFragment = linkPart(fragment);
      const answer = await callEngine('openLink', { fragment, password: password ?? null });
      if (answer.kind === 'ready') {
        const { bought, ...ready } = { ...answer, link: openedLink(answer.link) };
        return bought ? { ...ready, bought: { ...bought, door: (await import('./pockets.ts')).pocketDoor() } } : ready;
      }
      if (answer.kind === 'priced') return { kind: 'priced', priced: (await import('./priced-link.ts')).pricedLink(answer.priced) };
      if (answer.kind === 'growing') return { ...answer, link: answer.link && openedLink(answer.link) };
      return answer;
    },
    async thank() {
      const facts = await callEngine('openJar', { fragment: lastFragment });
      return facts && (await import('./priced-link.ts')).pricedLink(facts);
    },
    report: (reason, text, contact) => callEngine('report', { fragment: lastFragment, reason, text, contact }),
  };
  return opener;
};

function openedLink({ handle, rootLength, ...facts }: OpenedLink): OpenLink {
  const zipName = facts.kind === 'several' ? bundleName(facts.title, rootLength - 1) : facts.title;
  return {
    ...facts,
    root: listing(handle, rootFolder, rootLength),
    async listing(folder) {
      const { length } = await callEngine('listFolder', { link: handle, folder: folder.id });
      return listing(handle, folder.id, length);
    },
    preview: (entry) => preview(contents, handle, entry.id),
    sinks: offerSinks,
    save: (target, sink) => ({ target, ...startSave(contents, handle, zipName, target, sink) }),
  };
}

function listing(link: string, folder: string | null, length: number): Listing {
  return { length, entries: (start, end) => callEngine('entries', { link, folder, start, end }) };
}
