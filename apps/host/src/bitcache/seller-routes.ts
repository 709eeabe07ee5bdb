// What an account may do with money, signed by its device as everything else of it is. spec/paid-links.md "Accounts".
import type { Beside } from '@reprise/drive';
import type { Database } from '@reprise/database';
import { apiHeaders, findByCode, hashOfCode } from '@reprise/drive';
import { type Bytes, formatBase64url, formatHex, parseBase64url } from '@reprise/kit';
import { parseSat, type Sat } from '@reprise/ledger';
import type { Network, PaymentHash } from '@reprise/lightning';
import { parseBody } from '@reprise/mint';
import { Failure } from '@reprise/protocol';
import { capabilities, isAppDevice } from '@reprise/protocol/formats';
import { payContract as endpoints } from '@reprise/protocol/pay';
import type { Deposit, Payout } from '@reprise/service';
import { inContract } from './failures.ts';
import type { Desk } from './payments.ts';

type Server = Parameters<Beside['serve']>[0];
export type SellerParts = { readonly database: Database; readonly desk: Desk; readonly origins: (host: string) => readonly string[] };

export function serveSeller(server: Server, parts: SellerParts): void {
  serveOffers(server, parts);
  serveEarnings(server, parts);
  serveCases(server, parts);
  serveBalance(server, parts);
  serveDeposits(server, parts);
  servePlans(server, parts);
  servePayouts(server, parts);
  serveLiabilities(server, parts);
}

type Asking = {
  readonly account: { readonly caps: number };
  readonly header: (name: string) => string | undefined;
};

/** The credential of a tool has nothing to do with money, and only a device that manages the account spends any. @throws Failure role-refused, payments-off */
function opened({ desk, origins }: SellerParts, { account, header }: Asking, does: 'spend' | 'other' = 'other') {
  const mayNot = does === 'spend' ? (account.caps & capabilities.account) === 0 : isAppDevice(account.caps);
  if (mayNot) throw new Failure('role-refused');
  return desk(origins(header('host') ?? '')[0] ?? '');
}

function serveOffers(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.putOffer'], async (call) => {
    const { account, params, body } = call;
    const { service, network } = await opened(parts, call);
    const { half, replaces, ...terms } = body;
    const listing = { ...terms, offer: params.offer, secret: bytesOf(half) };
    return { version: await inContract(() => service.listOffer(account.userId, listing, replaces)), network };
  });
  server.serve(endpoints['pay.deleteOffer'], async (call) => {
    const { account, params } = call;
    const { service } = await opened(parts, call);
    await inContract(() => service.withdrawOffer(account.userId, params.offer));
  });
  server.serve(endpoints['pay.offers'], async (call) => {
    const { account } = call;
    const { service, network } = await opened(parts, call);
    return { network, offers: [...(await service.listOwnOffers(account.userId))] };
  });
}

function serveEarnings(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.earnings'], async (call) => {
    const { account } = call;
    const { service, network } = await opened(parts, call);
    const lines = await service.readEarnings(account.userId);
    const written = lines.map(({ gross, commission, net, waiting, held, ...line }) => ({
      ...line,
      ...{ gross: String(gross), commission: String(commission), net: String(net), waiting: String(waiting), held: String(held) },
    }));
    return { network, lines: written };
  });
  server.serve(endpoints['pay.earningsCsv'], async (call) => {
    const { account } = call;
    const { service } = await opened(parts, call);
    const headers = {
      ...apiHeaders,
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="earnings.csv"',
    };
    return { status: 200, headers, body: await service.exportEarnings(account.userId) };
  });
}

function serveCases(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.cases'], async (call) => {
    const { service, network } = await opened(parts, call);
    const cases = await service.readHeldEarnings(call.account.userId);
    return { network, cases: cases.map(({ held, ...rest }) => ({ ...rest, held: String(held) })) };
  });
  server.serve(endpoints['pay.claim'], async (call) => {
    const { service, network } = await opened(parts, call);
    const hash = hashOfCode(call.body.code);
    const found = hash && (await findByCode(parts.database, hash));
    if (!found) throw new Failure('not-found');
    const { taken } = await inContract(() => service.takeClaim(found.id, call.account.userId));
    return { network, case: found.id, taken: String(taken) };
  });
}

function serveBalance(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.balance'], async (call) => {
    const { account } = call;
    const { service, network } = await opened(parts, call);
    const { available, balance, waiting, held, nextAt } = await service.readBalance(account.userId);
    const freeze = await service.readFreeze(account.userId);
    const amounts = { available: String(available), balance: String(balance), waiting: String(waiting), held: String(held) };
    const frozen = freeze ? { freeze: freeze.id, since: freeze.frozenAt, ground: freeze.ground } : null;
    return { network, sandbox: network === 'regtest', ...amounts, nextAt, frozen };
  });
  server.serve(endpoints['pay.buy'], async (call) => {
    const { account, params, body } = call;
    const { service, network } = await opened(parts, call, 'spend');
    const { request: key, buyerKey, quote } = body;
    const purchase = { account: account.userId, key, offer: params.offer, buyerKey: bytesOf(buyerKey), quote };
    const { release, receipt } = await inContract(() => service.buyFromBalance(purchase));
    return { release: formatBase64url(release), receipt: formatBase64url(receipt), network };
  });
  server.serve(endpoints['pay.coinsIn'], async (call) => {
    const { account, body } = call;
    const { service, network } = await opened(parts, call);
    const origin = parts.origins(call.header('host') ?? '')[0] ?? '';
    return inContract(async () => {
      const inputs = await service.ownCoins(body.token, service.mintUrlAt(origin));
      return { network, amount: String(await service.bringCoins(account.userId, inputs)) };
    });
  });
  server.serve(endpoints['pay.coinsOut'], async (call) => {
    const { account, body } = call;
    const { service, network } = await opened(parts, call, 'spend');
    // As the mint reads requests: amounts keep all their digits.
    const coins = parseBody(JSON.stringify({ outputs: body.outputs }));
    const signatures = await inContract(() => service.takeCoins({ account: account.userId, request: body.request, coins }));
    const amount = signatures.reduce((sum, { amount: one }) => sum + BigInt(one), 0n);
    return { network, amount: String(amount), signatures: [...signatures] };
  });
  server.serve(endpoints['pay.refund'], async (call) => {
    const { account, params, body } = call;
    const { service, network } = await opened(parts, call);
    const origin = parts.origins(call.header('host') ?? '')[0] ?? '';
    const { offer } = params;
    return inContract(async () => {
      const payment = body.token.startsWith('cashuB')
        ? await service.paymentWith(offer, await service.ownCoins(body.token, service.mintUrlAt(origin)))
        : service.paymentOf(offer, body.token);
      if (!payment) throw new Failure('payment-unknown');
      return { network, amount: String(await service.refundToAccount(payment, account.userId)) };
    });
  });
}

const writtenDeposit = ({ amount, received, ...deposit }: Deposit, network: Network) => ({
  ...deposit,
  network,
  amount: String(amount),
  received: received === null ? null : String(received),
});

function servePlans(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.plans'], async (call) => {
    const { account } = call;
    const { service, network } = await opened(parts, call);
    const [plans, bought] = await Promise.all([service.listPlans(), service.listBoughtPlans(account.userId)]);
    return {
      network,
      plans: plans.map(({ plan, days, price, currency, gives, sats }) => ({
        ...{ plan, days, price, currency, ...gives },
        sats: sats === null ? null : String(sats),
      })),
      bought: bought.map(({ price, ...one }) => ({ ...one, price: String(price) })),
    };
  });
  server.serve(endpoints['pay.buyPlan'], async (call) => {
    const { service, network } = await opened(parts, call, 'spend');
    const { price, ...bought } = await inContract(() => service.buyPlan(planOrderOf(call)));
    return { ...bought, price: String(price), network };
  });
  server.serve(endpoints['pay.orderPlan'], async (call) => {
    const { service, network } = await opened(parts, call, 'spend');
    return writtenDeposit(await inContract(() => service.orderPlan(planOrderOf(call))), network);
  });
}

type PlanCall = {
  readonly account: { readonly userId: string };
  readonly params: { readonly plan: string };
  readonly body: { readonly request: string; readonly most: string };
};

function planOrderOf({ account, params, body }: PlanCall) {
  return { account: account.userId, plan: params.plan, request: body.request, most: satsOf(body.most) };
}

function serveDeposits(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.deposit'], async (call) => {
    const { account, body } = call;
    const { service, network } = await opened(parts, call);
    const order = { account: account.userId, request: body.request, amount: satsOf(body.amount) };
    return writtenDeposit(await inContract(() => service.makeDeposit(order)), network);
  });
  server.serve(endpoints['pay.readDeposit'], async (call) => {
    const { account, params } = call;
    const { service, network } = await opened(parts, call);
    return writtenDeposit(await inContract(() => service.readDeposit(account.userId, params.hash as PaymentHash)), network);
  });
}

function servePayouts(server: Server, parts: SellerParts): void {
  const written = ({ id: payout, amount, held, fee, ...rest }: Payout, network: Network) => ({
    ...rest,
    ...{ payout, network, amount: String(amount), held: String(held), fee: fee === null ? null : String(fee) },
  });
  server.serve(endpoints['pay.orderPayout'], async (call) => {
    const { account, body } = call;
    const { payouts, network } = await opened(parts, call, 'spend');
    const [amount, feeMax] = [body.amount, body.feeMax].map((text) => (text === null ? null : satsOf(text))) as [Sat | null, Sat | null];
    const order = { account: account.userId, request: body.request, to: body.to.trim().toLowerCase(), amount, feeMax };
    return written(await inContract(() => payouts.order(order)), network);
  });
  server.serve(endpoints['pay.payouts'], async (call) => {
    const { payouts, network } = await opened(parts, call);
    return { network, payouts: (await payouts.list(call.account.userId)).map((payout) => written(payout, network)) };
  });
  server.serve(endpoints['pay.readPayout'], async (call) => {
    const { payouts, network } = await opened(parts, call);
    return written(await inContract(() => payouts.read(call.account.userId, call.params.payout)), network);
  });
  server.serve(endpoints['pay.cancelPayout'], async (call) => {
    const { payouts } = await opened(parts, call, 'spend');
    await inContract(() => payouts.cancel(call.account.userId, call.params.payout));
  });
}

function serveLiabilities(server: Server, parts: SellerParts): void {
  server.serve(endpoints['pay.liabilities'], async (call) => {
    const { liabilities, network } = await opened(parts, call);
    const { epoch, balance, lines, moves, owed } = await liabilities.own(call.account.userId);
    return {
      ...{ network, epoch, balance: String(balance) },
      lines: lines.map(({ name, amount, salt, index, path }) => ({
        ...{ name, amount: String(amount), salt: formatBase64url(salt), index },
        path: path.map(({ hash, sum }) => ({ hash: formatHex(hash), sum: String(sum) })),
      })),
      moves: moves.map(({ amount, ...move }) => ({ ...move, amount: String(amount) })),
      owed: owed.map(({ name, amount }) => ({ name, amount: String(amount) })),
    };
  });
}

/** @throws Failure bad-request for more than all bitcoin */
function satsOf(text: string): Sat {
  const amount = parseSat(text);
  if (amount === undefined) throw new Failure('bad-request', { field: 'amount', reason: 'too large' });
  return amount;
}

/** What the contract has checked to be base64url of its length. */
function bytesOf(text: string): Bytes {
  const bytes = parseBase64url(text);
  if (!bytes) throw new Failure('bad-request', { field: 'body', reason: 'not base64url in its one form' });
  return bytes;
}
