import { describeBackend } from './backend.suite.ts';
import { outsideOf } from './outside.ts';
import { ScriptedBackend, scriptedCapabilities } from './scripted.ts';

describeBackend('the backend in memory', { capabilities: scriptedCapabilities, routesCost: true, remote: false }, async () => {
  const backend = new ScriptedBackend();
  return { backend, outside: outsideOf(backend.world), close: () => backend.close() };
});
