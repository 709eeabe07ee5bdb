// Entry of /app in the build: the screens with the engine behind them.
import { createDriveEngine } from '../engine/drive-engine.ts';
import { startWorker } from '../engine/script-url.ts';
import { startApp } from './main.ts';

void startApp(createDriveEngine, () => startWorker('name-index'));
