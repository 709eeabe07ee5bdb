// What an operator's process is made of, for tools that start it themselves.
export { type Host, openHost, openHostDatabase } from './compose.ts';
export { type Config, ConfigRefused, parseConfig } from './config.ts';
export { openWatch } from './watch.ts';
