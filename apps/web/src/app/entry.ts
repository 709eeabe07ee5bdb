// Entry of /app in the build: the screens with the engine behind them.
import { createDriveEngine } from '../engine/drive-engine.ts';
import { startWorker } from '../engine/sturdy-worker.ts';
import { missing } from './missing.svelte.ts';
import { startApp } from './main.ts';

void startApp(createDriveEngine, () => startWorker('name-index', () => (missing.isShown = true)));
