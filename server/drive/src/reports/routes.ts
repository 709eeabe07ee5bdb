// A visitor reports what a link leads to. The answer does not tell whether the link exists.
import { type LinkId, contract } from '@reprise/protocol';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import type { RateLimiter } from '../rates.ts';
import { drawReference } from './rules.ts';
import { addReport } from './store.ts';

export type Report = { readonly link: LinkId; readonly reason: string; readonly text: string; readonly contact: string };

/** @returns the reference. */
export async function report({ database, clock, random, watch }: DrivePorts, { link, reason, text, contact }: Report): Promise<string> {
  const reference = drawReference(random);
  await addReport(database, { reference, link, reason, text, contact, createdAt: clock.now() });
  watch.event('report', { reference, link, reason });
  return reference;
}

export function serveReports(service: Service, ports: DrivePorts, limiter: RateLimiter): void {
  service.serve(contract['links.report'], async ({ params, body, address }) => {
    limiter.take(address);
    return { reference: await report(ports, { link: params.link as LinkId, reason: body.reason, text: body.text, contact: body.contact }) };
  });
}
