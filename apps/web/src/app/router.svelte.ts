// Where the drive is, as state; the address bar and its history follow. Links are plain anchors: one listener takes those to /app.
import { formatRoute, parseRoute, type Route } from './route.ts';

let now: Route = $state.raw({ page: 'files', folder: 'root', shown: null });
let inAddress = false;

export const router = {
  get now(): Route {
    return now;
  },
  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    now = route;
    if (inAddress) history[how === 'push' ? 'pushState' : 'replaceState']({ app: true }, '', formatRoute(route));
  },
  /** One step of history back where this page made it, else to `otherwise`. */
  back(otherwise: Route): void {
    if (inAddress && history.state?.app === true && history.length > 1) history.back();
    else this.go(otherwise, 'replace');
  },
};

/** Follows the address bar until the returned function is called. */
export function followAddress(): () => void {
  inAddress = true;
  const read = (): void => {
    now = parseRoute(location.pathname);
  };
  const click = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    if (!anchor || anchor.target || anchor.origin !== location.origin || !/^\/app(\/|$)/.test(anchor.pathname)) return;
    event.preventDefault();
    router.go(parseRoute(anchor.pathname));
  };
  read();
  addEventListener('popstate', read);
  document.addEventListener('click', click);
  return () => {
    inAddress = false;
    removeEventListener('popstate', read);
    document.removeEventListener('click', click);
  };
}
