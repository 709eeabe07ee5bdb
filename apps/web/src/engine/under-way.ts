// Which uploads have something left to do without being given a file again: leaving the page would stop them.
import type { ParcelPhase } from './port.ts';

export function isUnderWay(phase: ParcelPhase): boolean {
  return !['done', 'again', 'cancelled'].includes(phase);
}
