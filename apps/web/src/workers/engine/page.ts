// The page, as the engine worker calls it. Set once, when the worker starts.
import type { PageCalls } from '../../engine/calls.ts';
import type { Call } from '../../engine/rpc.ts';

let page: Call<PageCalls> | undefined;

export function joinPage(call: Call<PageCalls>): void {
  page = call;
}

export const callPage: Call<PageCalls> = (name, argument, options) => {
  if (!page) throw new TypeError('the engine has no page yet');
  return page(name, argument, options);
};
