// Where the service's counts go: one line of JSON each, and the figures of /metrics. Ids, counts and durations; never a name, a path, an
// address or a token.
import type { Meter } from '@reprise/chunks';
import type { RequestFacts, Watch } from '@reprise/drive';
import { type Logger, pino } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { LogLevel } from './config.ts';

export type HostWatch = Watch & {
  readonly registry: Registry;
  readonly log: Logger;
  /** Where the chunk store's figures go. */
  readonly store: Meter;
  /** Told on the way in, so that /metrics knows what runs. */
  begin(): void;
};

export function openWatch(level: LogLevel): HostWatch {
  // Synchronous: a log line that is lost in a crash is the one that was needed.
  const log = pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    pino.destination({ fd: 1, sync: true }),
  );
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const running = new Gauge({ name: 'reprise_requests_running', help: 'Requests being answered', registers: [registry] });
  const durations = new Histogram({
    name: 'reprise_request_duration_seconds',
    help: 'From the request’s head to the last byte of its answer',
    labelNames: ['endpoint', 'status'] as const,
    buckets: [0.002, 0.01, 0.05, 0.2, 1, 5, 20, 60],
    registers: [registry],
  });
  const bytes = new Counter({
    name: 'reprise_body_bytes_total',
    help: 'Bytes of bodies',
    labelNames: ['direction'] as const,
    registers: [registry],
  });
  const events = new Counter({
    name: 'reprise_events_total',
    help: 'Events of the service',
    labelNames: ['event'] as const,
    registers: [registry],
  });
  const faults = new Counter({ name: 'reprise_faults_total', help: 'Faults of the server', registers: [registry] });
  const stored = new Histogram({
    name: 'reprise_store_duration_seconds',
    help: 'Operations of the chunk store',
    labelNames: ['operation', 'outcome'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const storedBytes = new Counter({
    name: 'reprise_store_bytes_total',
    help: 'Bytes moved by the chunk store',
    labelNames: ['operation'] as const,
    registers: [registry],
  });
  return {
    registry,
    log,
    store: {
      record({ operation, outcome, bytes: moved, durationMs }) {
        stored.observe({ operation, outcome }, durationMs / 1000);
        storedBytes.inc({ operation }, moved);
      },
    },
    begin: () => running.inc(),
    request(facts: RequestFacts) {
      running.dec();
      durations.observe({ endpoint: facts.endpoint, status: String(facts.status) }, facts.durationMs / 1000);
      bytes.inc({ direction: 'in' }, facts.bytesIn);
      bytes.inc({ direction: 'out' }, facts.bytesOut);
      log.info({ event: 'request', ...facts, durationMs: Math.round(facts.durationMs * 10) / 10 });
    },
    event(name, facts) {
      events.inc({ event: name });
      log.info({ event: name, ...facts });
    },
    fault(reference, cause) {
      faults.inc();
      log.error({ event: 'fault', reference, ...describeFault(cause) });
    },
  };
}

/** What is safe to write of an error: its kind, its code, and where it arose. Messages of drivers can hold values of rows. */
export function describeFault(cause: unknown): { readonly kind: string; readonly code: string | null; readonly at: readonly string[] } {
  if (!(cause instanceof Error)) return { kind: typeof cause, code: null, at: [] };
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const { code } = cause as { code?: unknown };
  return {
    kind: cause.name,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
    at: frames.slice(0, 12).map((line) => line.trim()),
  };
}
