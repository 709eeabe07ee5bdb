// Light, dark, or what the system says. The choice is kept in this browser only.
export type Theme = 'system' | 'light' | 'dark';
const stored = 'reprise.theme';

export function readTheme(): Theme {
  try {
    const value = localStorage.getItem(stored);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(stored);
    else localStorage.setItem(stored, theme);
  } catch {
    /* storage refused: the choice lasts this page */
  }
}
