// Browsers inside chat apps cannot save large files, and nothing they offer can be probed for it: the only place a name is read.
export function insideApp(agent: string): boolean {
  return /FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|Snapchat|musical_ly|BytedanceWebview|WhatsApp|Twitter|LinkedInApp|; wv\)/.test(
    agent,
  );
}
