// Whether a layer covers the whole page. What lies below it can be neither seen nor reached, so what a person has to see meanwhile stands in the layer.

let open = $state(0);

export const layer = {
  get isOpen(): boolean {
    return open > 0;
  },
  /** @returns what takes it away */
  cover(): () => void {
    open += 1;
    return () => {
      open -= 1;
    };
  },
};
