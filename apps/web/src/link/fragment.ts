// The end of the link leaves the address bar before the first request and stays in history.state, so a reload keeps it.

/** The fragment without '#', from the address or from a reload of this page; '' when there is none. */
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== '') {
    history.replaceState({ fragment }, '', location.pathname);
    return fragment;
  }
  const kept: unknown = history.state?.fragment;
  return typeof kept === 'string' ? kept : '';
}

/** The whole link again, for copy and share. What a receipt adds to it is its buyer's, and no part of it. */
export function wholeLink(fragment: string): string {
  return `${location.origin}${location.pathname}#${linkPart(fragment)}`;
}

/** That of the link in a fragment that may be a receipt's. spec/paid-links.md "Receipt link". */
export function linkPart(fragment: string): string {
  return fragment.split('.').slice(0, 2).join('.');
}
