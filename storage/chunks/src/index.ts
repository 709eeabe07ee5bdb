// Where sealed bytes rest.
export * from './store.ts';
