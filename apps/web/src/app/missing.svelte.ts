// Whether a part of the page did not come that somebody asked for: the screen of App.svelte says so.
export const missing = $state({ isShown: false });
