/** The folder of the checkout, whatever folder the shell is in. */
import { dirname } from 'node:path';

export const root: string = dirname(import.meta.dirname);
