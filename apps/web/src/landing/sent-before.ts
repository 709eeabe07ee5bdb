// Whether this browser sent anything yet, known without opening its database: it decides how early the rest of the page is fetched.
const stored = 'reprise.sent';

export function hasSentBefore(): boolean {
  try {
    return localStorage.getItem(stored) !== null;
  } catch {
    return true;
  }
}

export function rememberSent(): void {
  try {
    localStorage.setItem(stored, '1');
  } catch {
    /* storage refused: the page waits for a first sign next time too */
  }
}
