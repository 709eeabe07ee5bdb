// Single-letter keys can be switched off (WCAG 2.1.4); the choice is kept in this browser.
const stored = 'reprise.letter-keys';
let on = $state(true);
try {
  on = typeof document === 'undefined' || localStorage.getItem(stored) !== 'off';
} catch {
  /* storage refused: keys stay on */
}

export const letterKeys = {
  get on(): boolean {
    return on;
  },
  set(value: boolean): void {
    on = value;
    try {
      localStorage.setItem(stored, value ? 'on' : 'off');
    } catch {
      /* storage refused: the choice lasts this page */
    }
  },
};

/** True when a key press is text for a field, or belongs to a dialog that `around` does not stand in, or comes with a modifier. */
export function isTyping(event: KeyboardEvent, around: Element | null = null): boolean {
  const target = event.target instanceof Element ? event.target : null;
  const dialog = target?.closest('dialog') ?? document.querySelector('dialog[open]');
  return (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.defaultPrevented ||
    (dialog !== null && !(around && dialog.contains(around))) ||
    (target?.closest('input:not([type="checkbox"],[type="range"]), textarea, select, [contenteditable]') ?? null) !== null
  );
}

/** Whether a letter key may act now. */
export function letterActs(event: KeyboardEvent): boolean {
  return on && !isTyping(event);
}
