// The engines that the route suites run on: each is real.
import { type TestOptions, type TestService, startService } from './service.ts';

export type TestEngine = { readonly name: string; readonly start: (options?: TestOptions) => Promise<TestService> };

export const engines: readonly TestEngine[] = [{ name: 'SQLite', start: startService }];
