// The phases of a file on its way in words, and the tone each is said in.
import type { Row, RowPhase } from '../engine/port.ts';
import { formatPercent } from '../format.ts';
import { m } from '../messages.ts';

export function phaseWords(row: Row): string {
  switch (row.phase) {
    case 'waiting':
      return m.phase_waiting();
    case 'sending':
      return row.bytesTotal > 0
        ? m.phase_sending({ percent: formatPercent(Math.floor((row.bytesDone / row.bytesTotal) * 100) / 100) })
        : m.phase_sending_plain();
    case 'done':
      return m.phase_done();
    case 'paused':
      return m.phase_paused();
    case 'again':
      return m.phase_again();
    case 'error':
      return m.phase_error();
    case 'cancelled':
      return m.phase_cancelled();
  }
}

export function phaseTone(phase: RowPhase): '' | 'ok' | 'warn' | 'danger' {
  switch (phase) {
    case 'done':
      return 'ok';
    case 'again':
      return 'warn';
    case 'error':
      return 'danger';
    default:
      return '';
  }
}
