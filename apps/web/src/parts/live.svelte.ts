// Whether script runs here. False in the prerendered page and during hydration, so both draw the same.
export const live = $state({ on: false });
