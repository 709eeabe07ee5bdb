// The worker that holds the search index: names, and nothing that opens anything. It reaches no network.
import { sayHere } from '../engine/here.ts';
import type { IndexAnswer, IndexMessage } from './finder.ts';
import { SearchIndex } from './search-index.ts';

const index = new SearchIndex();
addEventListener('message', (event: MessageEvent<IndexMessage>) => {
  const message = event.data;
  if ('batch' in message) index.add(message.batch);
  else postMessage({ found: index.search(message.query), number: message.number } satisfies IndexAnswer);
});
sayHere();
