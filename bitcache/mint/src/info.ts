// NUT-01, 02, 06: what a wallet learns of a mint before it trusts it.
import type { Keyset } from './keysets.ts';
import type { MintParts } from './ports.ts';
import { limits } from './settings.ts';
import { subscriptionKinds } from './subscriptions.ts';

/** What is done once is answered alike for ever (NUT-19). */
export const repeatable = ['/v1/swap', '/v1/mint/bolt11', '/v1/mint/bolt11/batch', '/v1/melt/bolt11'] as const;

export function describeMint({ settings, clock }: MintParts): object {
  const method = { method: 'bolt11', unit: 'sat', min_amount: Number(settings.amountMin), max_amount: Number(settings.amountMax) };
  const supported = { supported: true };
  return {
    name: settings.name,
    version: 'Reprise/0.1.0',
    description: settings.description,
    ...(settings.motd === null ? {} : { motd: settings.motd }),
    ...(settings.urls.length === 0 ? {} : { urls: settings.urls }),
    time: Math.floor(clock.now() / 1_000),
    nuts: {
      '4': { methods: [{ ...method, options: { description: true } }], disabled: false },
      '5': { methods: [{ ...method, options: { amountless: false } }], disabled: false },
      ...Object.fromEntries(['7', '8', '9', '10', '11', '12', '14', '20'].map((nut) => [nut, supported])),
      '17': { supported: [{ method: 'bolt11', unit: 'sat', commands: subscriptionKinds }] },
      '19': { ttl: null, cached_endpoints: repeatable.map((path) => ({ method: 'POST', path })) },
      '29': { max_batch_size: limits.quotesMax, methods: ['bolt11'] },
    },
    max_array_length: limits.arrayMax,
  };
}

export async function listKeysets({ keysets }: MintParts): Promise<object> {
  return { keysets: (await keysets.read()).map(facts) };
}

/** The keys that sign, or those of one keyset. @throws MintFailure 12001 */
export async function listKeys({ keysets }: MintParts, id?: string): Promise<object> {
  const wanted = id === undefined ? (await keysets.read()).filter(({ isActive }) => isActive) : [await keysets.get(id)];
  return {
    keysets: wanted.map((keyset) => ({
      ...facts(keyset),
      keys: Object.fromEntries([...keyset.keys].map(([amount, key]) => [String(amount), key])),
    })),
  };
}

function facts({ id, unit, isActive, feePpk, finalExpiry }: Keyset): object {
  return { id, unit, active: isActive, input_fee_ppk: feePpk, ...(finalExpiry === null ? {} : { final_expiry: finalExpiry }) };
}
