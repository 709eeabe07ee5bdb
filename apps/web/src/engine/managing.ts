// Managing, as the management page sees it.
import { callEngine } from './engine.ts';
import { source } from './observable.ts';
import type { CreateManager, ManagedSpace, Manager } from './port.ts';

export const createManager: CreateManager = async (fragment) => {
  const opened = await callEngine('openSpace', { fragment });
  if (opened.kind === 'failed') return opened;
  const { handle } = opened;
  const space = source<ManagedSpace>(opened.space);
  const manager: Manager = {
    space,
    refresh: async () => space.set(await callEngine('refreshSpace', { handle })),
    async createLink(link, options) {
      const answer = await callEngine('createLink', { handle, link, options });
      space.set(answer.space);
      return answer.made;
    },
    changeLink: async (link, change) => space.set(await callEngine('changeLink', { handle, link, change })),
    revokeLink: async (link) => space.set(await callEngine('revokeLink', { handle, link })),
    deleteEverything: async () => space.set(await callEngine('deleteSpace', { handle })),
  };
  return { kind: 'open', manager };
};
