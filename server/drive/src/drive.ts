// The drive as one object: it answers requests of the contract and takes bytes back that nothing holds any more.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatHex } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import { Opaque } from './accounts/opaque.ts';
import { serveAccounts } from './accounts/routes.ts';
import { type CaseParts, type Filed, fileCase, type Filing, openCase, type Saying, sayInCase, serveCases } from './cases/routes.ts';
import type { CaseRecord } from './cases/store.ts';
import { DeviceGate } from './device.ts';
import { ChangeFeed } from './events/feed.ts';
import { serveEvents } from './events/routes.ts';
import { Service } from './http.ts';
import { serveLinks } from './links/routes.ts';
import { serveObjects } from './objects/routes.ts';
import type { Beside, DrivePorts } from './ports.ts';
import { RateLimiter } from './rates.ts';
import { type Report, report, serveReports } from './reports/routes.ts';
import { anonymousOpen, placeSecret } from './secrets.ts';
import { LogAppender } from './spaces/append.ts';
import { serveLogs } from './spaces/log-routes.ts';
import { serveUsage } from './spaces/usage-routes.ts';
import { serveSpaces } from './spaces/routes.ts';
import { type Swept, Sweeper } from './sweep/sweeper.ts';

export interface Drive {
  /** Answers a request below /api/. It never rejects. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  /** As links.report, for a form without script. @throws Failure rate-limited */
  report(address: string, given: Report): Promise<string>;
  /** As cases.file, cases.open and cases.say, for pages without script. @throws Failure rate-limited, not-found, too-late */
  readonly cases: {
    file(address: string, filing: Filing): Promise<Filed>;
    open(address: string, code: string): Promise<CaseRecord>;
    say(address: string, saying: Saying): Promise<CaseRecord>;
  };
  /** One round of the collector; a second call waits for the first. */
  sweep(signal?: AbortSignal): Promise<Swept>;
  /** Ends the streams of events, which would not end by themselves. Requests are answered still. */
  close(): Promise<void>;
}

/** The database must be migrated. */
export async function openDrive(ports: DrivePorts, beside?: Beside): Promise<Drive> {
  const { settings, clock, database } = ports;
  const service = new Service(ports, new DeviceGate(ports), new RateLimiter(settings.rates.requests, clock));
  const reports = new RateLimiter(settings.rates.reports, clock);
  beside?.serve(service);
  service.serve(contract['server.get'], async ({ header }) => ({
    ...paymentsOf(beside?.payments(settings.origins(header('host') ?? '')[0] ?? '')),
    name: settings.name,
    version: settings.version,
    time: clock.now(),
    publicUrl: settings.origins(header('host') ?? '')[0] ?? '',
    anonymous: {
      open: await anonymousOpen(database, settings.anonymousOpen),
      bytesMax: settings.anonymousBytesMax,
      lifeMsMax: settings.lifeMsMax,
      lifeMsDefault: settings.lifeMsDefault,
    },
  }));
  const secret = await placeSecret(database, ports.random);
  const feed = new ChangeFeed(database);
  serveSpaces(service, ports, secret);
  const appender = new LogAppender(ports, feed);
  serveLogs(service, ports, appender);
  serveUsage(service, ports);
  serveEvents(service, ports, feed);
  serveLinks(service, ports);
  serveObjects(service, ports, secret);
  serveReports(service, ports, reports);
  const cases: CaseParts = {
    ports,
    filings: reports,
    guesses: new RateLimiter(settings.rates.reports, clock),
    changed: (id) => changedCase(ports, beside, id),
  };
  serveCases(service, cases);
  serveAccounts(service, ports, { opaque: await Opaque.open(database), appender });
  const sweeper = new Sweeper(ports);
  return {
    handle: (incoming, outgoing) => service.handle(incoming, outgoing),
    report: async (address, given) => {
      reports.take(address);
      return report(ports, given);
    },
    cases: {
      file: (address, filing) => fileCase(cases, address, filing),
      open: (address, code) => openCase(cases, address, code),
      say: (address, saying) => sayInCase(cases, address, saying),
    },
    sweep: (signal) => sweeper.sweep(signal),
    close: () => feed.close(),
  };
}

/** What was said stands whatever becomes of it: whoever carries cases out comes back to it. */
async function changedCase({ watch, random }: DrivePorts, beside: Beside | undefined, id: string): Promise<void> {
  await beside?.caseChanged(id).catch((cause: unknown) => watch.fault(formatHex(random(6)), cause));
}

function paymentsOf<Facts>(payments: Facts | undefined): { readonly payments?: Facts } {
  return payments === undefined ? {} : { payments };
}
