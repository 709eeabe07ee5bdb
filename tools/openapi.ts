// Writes spec/openapi.json and the tables of spec/failures.md from the contract. `npm run openapi`; a tidy test fails while they lag behind.
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '@reprise/protocol/openapi';
import { failuresChapter } from './failures-chapter.ts';

const spec = new URL('../spec/', import.meta.url);
writeFileSync(new URL('openapi.json', spec), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
writeFileSync(new URL('failures.md', spec), failuresChapter());
