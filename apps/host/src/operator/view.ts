// The operator's view of money as a page: what must be looked at first, then what waits, then the figures. Without script.
import type { CaseRow } from '@reprise/drive';
import type { Attempt } from '@reprise/lightning';
import type { Frozen, HeldPayout } from '@reprise/service';
import type { Money } from '../bitcache/money.ts';
import { inSat } from '../money-text.ts';
import type { Language } from '../static.ts';
import { html, Html } from './html.ts';
import type { Session } from './session.ts';
import { style } from './style.ts';
import { type Told, words } from './words.ts';

export type Shown = {
  readonly language: Language;
  readonly money: Money;
  readonly cases: readonly CaseRow[];
  readonly frozen: readonly Frozen[];
  readonly isSandbox: boolean;
  readonly session: Session;
  readonly told: Told | undefined;
};

export function moneyPage(shown: Shown): Html {
  const { language, money, isSandbox, told } = shown;
  const say = words[language];
  const time = timeIn(language);
  const sat = satIn(language);
  const { owed, owedInAll, earned, earnings, reserves, report } = money;
  const line = (text: string, amount: bigint) => html`<tr><th scope="row">${text}</th><td>${sat(amount)}</td></tr>`;
  const sum = (text: string, amount: bigint) => html`<tr class="sum"><th scope="row">${text}</th><td>${sat(amount)}</td></tr>`;
  const alarms = alarmsOf(shown);
  return document(
    language,
    html`<header><h1>${say.title}</h1>${act(shown, 'leave', {}, html`<button>${say.leave}</button>`)}</header>
${isSandbox ? html`<p class="sandbox">${say.sandbox}</p>` : ''}
${told ? html`<p class="told" role="status">${say.told[told]}</p>` : ''}
${alarms.length === 0 ? html`<p>${say.calm} <span class="quiet">${say.asOf(time(money.at))}</span></p>` : alarms}
<section aria-labelledby="payouts"><h2 id="payouts">${say.payouts}</h2>${
      money.waiting.length === 0
        ? html`<p class="quiet">${say.none}</p>`
        : html`<ul>${money.waiting.map((payout) => waiting(shown, payout))}</ul>`
    }</section>
<section aria-labelledby="frozen"><h2 id="frozen">${say.frozen}</h2>${
      shown.frozen.length === 0 ? html`<p class="quiet">${say.none}</p>` : html`<ul>${shown.frozen.map((one) => frozen(shown, one))}</ul>`
    }${sure(say.freeze, freezing(shown))}</section>
<section aria-labelledby="cases"><h2 id="cases">${say.cases}</h2>${
      shown.cases.length === 0
        ? html`<p class="quiet">${say.none}</p>`
        : html`<ul>${shown.cases.map(
            (row) => html`<li>${say.caseLine(row.id, say.caseStates[row.state] ?? row.state, time(row.opened_at))}</li>`,
          )}</ul><p class="quiet">${say.casesHelp}</p>`
    }</section>
<div class="columns">
<section aria-labelledby="owed"><h2 id="owed">${say.owed}</h2><table>${owed.map(({ name, amount }) => line(say.accounts[name], amount))}${sum(say.inAll, owedInAll)}</table></section>
<section aria-labelledby="node"><h2 id="node">${say.node}</h2>${
      reserves === null
        ? html`<p class="quiet">${say.notAsked}</p>`
        : html`<table>${line(say.couldLeave(reserves.backend), reserves.spendable)}${
            reserves.receivable === null ? '' : line(say.couldEnter, reserves.receivable)
          }${line(say.underWay, reserves.inFlight)}</table><p class="quiet">${say.said(time(reserves.at))}</p>`
    }</section>
<section aria-labelledby="earned"><h2 id="earned">${say.earned}</h2><table>${earned.map(({ name, amount }) => line(say.accounts[name], amount))}${line(say.taken, earnings.taken)}${sum(say.left, earnings.left)}</table><p class="quiet">${say.sweepHelp}</p></section>
<section aria-labelledby="report"><h2 id="report">${say.report}</h2><p>${
      report === null ? say.noReport : html`<a href="/pay/liabilities">${say.reportLine(report.number, time(report.at))}</a>`
    }</p></section>
<section aria-labelledby="books"><h2 id="books">${say.books}</h2><p><a href="/operator/books.csv" download>${say.booksFile}</a></p></section>
</div>`,
  );
}

export function entryPage(language: Language, trouble: string | undefined): Html {
  const say = words[language];
  return document(
    language,
    html`<h1>${say.title}</h1>
${trouble === undefined ? '' : html`<p class="alarm" role="alert">${trouble}</p>`}
<form class="entry" method="post" action="/operator">
<label for="token">${say.token}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="help">
<p class="quiet" id="help">${say.tokenHelp}</p>
<button class="ink" name="act" value="enter">${say.enter}</button>
</form>`,
  );
}

function document(language: Language, body: Html): Html {
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${words[language].title} – Reprise</title><style>${new Html(style)}</style></head>
<body><main>${body}</main></body></html>
`;
}

/** What somebody must look at, each with what can be done about it. */
function alarmsOf(shown: Shown): readonly Html[] {
  const { money, language } = shown;
  const say = words[language];
  const time = timeIn(language);
  const { stop, reserves, doBooksBalance, overdue, alarming } = money;
  const shortSince = reserves?.shortSince ?? null;
  return [
    ...(doBooksBalance ? [] : [html`<section class="alarm"><p><b>${say.unbalanced}</b></p></section>`]),
    ...(stop
      ? [
          html`<section class="alarm"><p><b>${say.stopped(time(stop.at), stop.reason)}</b></p><p>${say.liftHelp}</p>${sure(
            say.lift,
            act(shown, 'lift', { at: String(stop.at) }, html`<button class="danger">${say.liftSure}</button>`),
          )}</section>`,
        ]
      : []),
    ...(shortSince === null ? [] : [html`<section class="alarm"><p><b>${say.short(time(shortSince))}</b></p></section>`]),
    ...alarming.map((attempt) => alarm(shown, attempt)),
    ...overdue.map(
      ({ hash, purpose, amount, state, since }) =>
        html`<section class="alarm"><p><b>${say.overdue(
          say.purposes[purpose] ?? purpose,
          satIn(language)(amount),
          time(since),
          say.states[state],
        )}</b></p><p>${say.overdueHelp}</p><p class="mono">${hash}</p></section>`,
    ),
  ];
}

function alarm(shown: Shown, { hash, purpose, amount, maxFee, backend, state }: Attempt): Html {
  const say = words[shown.language];
  const sat = satIn(shown.language);
  return html`<section class="alarm"><p><b>${say.alarm(say.purposes[purpose] ?? purpose, sat(amount), backend)}</b></p>
<p>${state.state === 'succeeded' ? say.costMore(sat(state.fee), sat(maxFee)) : say.paidAfterAll}</p><p class="mono">${hash}</p>
${act(shown, 'acknowledge', { hash }, html`<button>${say.acknowledge}</button>`)}</section>`;
}

function waiting(shown: Shown, { id, amount, createdAt, account, to }: HeldPayout): Html {
  const say = words[shown.language];
  return html`<li class="card"><b>${say.payout(satIn(shown.language)(amount), timeIn(shown.language)(createdAt))}</b>
<p>${say.to(to)}</p><p class="quiet">${say.account(account)} · <span class="mono">${id}</span></p>
${act(shown, 'approve', { id }, html`<button class="ink">${say.approve}</button>`)}
${sure(say.reject, html`<p>${say.rejectHelp}</p>${act(shown, 'reject', { id }, html`<button class="danger">${say.rejectSure}</button>`)}`)}</li>`;
}

function frozen(shown: Shown, { id, account, ground, frozenAt, balance, held, leaving }: Frozen): Html {
  const say = words[shown.language];
  const sat = satIn(shown.language);
  return html`<li class="card"><b>${say.frozenLine(id, timeIn(shown.language)(frozenAt))}</b>
<p>${say.frozenSums(sat(balance), sat(held), sat(leaving))}</p><p>${ground}</p><p class="quiet">${say.account(account)}</p>
${sure(say.unfreeze, html`<p>${say.unfreezeHelp}</p>${act(shown, 'unfreeze', { id }, html`<button class="danger">${say.unfreezeSure}</button>`)}`)}</li>`;
}

function freezing(shown: Shown): Html {
  const say = words[shown.language];
  return html`<p>${say.freezeHelp}</p>${act(
    shown,
    'freeze',
    {},
    html`<label for="freeze-account">${say.freezeAccount}</label><input id="freeze-account" name="account" required maxlength="256" autocomplete="off" autocapitalize="off" spellcheck="false">
<label for="freeze-ground">${say.freezeGround}</label><input id="freeze-ground" name="ground" required maxlength="1000" autocomplete="off">
<button class="danger">${say.freezeSure}</button>`,
    'entry',
  )}`;
}

/** What cannot be undone is behind a second step. */
function sure(question: string, answer: Html): Html {
  return html`<details><summary>${question}</summary>${answer}</details>`;
}

function act({ session }: Shown, name: string, fields: Readonly<Record<string, string>>, button: Html, look = 'act'): Html {
  const all = Object.entries({ act: name, mark: session.mark, ...fields });
  return html`<form class="${look}" method="post" action="/operator">${all.map(
    ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`,
  )}${button}</form>`;
}

function timeIn(language: Language): (at: number) => string {
  const format = new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return (at) => `${format.format(at)} UTC`;
}

/** @returns amounts in satoshis, to the thousandth where there is one, of thousandths */
function satIn(language: Language): (amount: bigint) => string {
  const format = new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: 3 });
  return (amount) => `${format.format(inSat(amount) as `${number}`)} sat`;
}
