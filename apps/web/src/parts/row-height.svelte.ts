// The height of a list row in px, the value of --row: fingers get 64, a mouse 44.
const query = typeof matchMedia === 'undefined' ? null : matchMedia('(pointer: coarse), (max-width: 700px)');
let now = $state(query?.matches ? 64 : 44);
query?.addEventListener('change', (event) => {
  now = event.matches ? 64 : 44;
});

export const rowHeight = {
  get now(): number {
    return now;
  },
};
