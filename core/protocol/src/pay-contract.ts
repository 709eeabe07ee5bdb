// The part of the contract that is about money: a table of its own, so that programs which never sell or buy do not carry it.
import type { Endpoint } from './endpoint.ts';
import * as pay from './endpoints/pay.ts';

export const payContract = {
  'pay.putOffer': pay.payPutOffer,
  'pay.deleteOffer': pay.payDeleteOffer,
  'pay.offers': pay.payOffers,
  'pay.earnings': pay.payEarnings,
  'pay.earningsCsv': pay.payEarningsCsv,
  'pay.balance': pay.payBalance,
  'pay.buy': pay.payBuy,
  'pay.deposit': pay.payDeposit,
  'pay.readDeposit': pay.payReadDeposit,
  'pay.coinsIn': pay.payCoinsIn,
  'pay.coinsOut': pay.payCoinsOut,
  'pay.refund': pay.payRefund,
  'pay.plans': pay.payPlans,
  'pay.buyPlan': pay.payBuyPlan,
  'pay.orderPlan': pay.payOrderPlan,
  'pay.cases': pay.payCases,
  'pay.claim': pay.payClaim,
  'pay.orderPayout': pay.payOrderPayout,
  'pay.payouts': pay.payPayouts,
  'pay.readPayout': pay.payReadPayout,
  'pay.cancelPayout': pay.payCancelPayout,
  'pay.liabilities': pay.payLiabilities,
} as const satisfies Record<string, Endpoint>;

export type PayContract = typeof payContract;
