// The parts of a toolkit that the standard library lacks; no noun of the drive lives here.
export * from './assert.ts';
export * from './brand.ts';
export * from './bytes.ts';
export * from './clock.ts';
export * from './failure.ts';
export * from './lanes.ts';
export * from './pages.ts';
export * from './random.ts';
export * from './retry.ts';
export * from './turns.ts';
