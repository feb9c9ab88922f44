/** The report of a run as a page for the terminal. */

import { printable } from '../core/printable.ts';
import type { BacktestReport } from '../report/backtest-report.ts';
import type { Distribution } from '../report/columns.ts';
import { amountText } from '../report/money.ts';
import type { OrderCounts, PnlFigures, ReportJson } from '../report/report-types.ts';
import { count, duration, plural, type Terminal, table } from './terminal.ts';

/** Lines of rejects, notes and warnings that are shown. */
const MAX_ROWS = 12;

export function reportText(report: BacktestReport, terminal: Terminal): string {
  const { json } = report;
  if (!json.hasTrading) return 'the log holds no trading: it was made without a strategy\n';
  const lines: string[] = [];
  const line = (label: string, text: string) => lines.push(`  ${terminal.bold(label.padEnd(13))} ${text}\n`);
  if (!json.isClosed) line('open', terminal.warn('the log was never closed: the figures go up to where it was cut'));
  line('session', sessionText(report));
  line('orders', orderText(json.orders));
  line('fills', fillText(json));
  if (json.rejects.length > 0) line('rejects', rejectText(json));
  const warned = Object.values(json.warnedByCheck).reduce((sum, n) => sum + n, 0);
  if (warned > 0) line('warned', `${plural(warned, 'request')} passed a check near its limit`);
  const refused = Object.entries(json.reportsRefused).map(([why, n]) => `${count(n)} ${why}`);
  if (refused.length > 0) line('reports', terminal.warn(`not applied: ${refused.join(' · ')}`));
  for (const pnl of json.pnl) pnlLines(report, pnl, terminal, line);
  if (json.converted !== null) {
    line('all in', `${json.converted.currency}, by the rates of the configuration:`);
    pnlLines(report, json.converted, terminal, line);
  }
  lines.push('\n', breakdown(json), '\n');
  if (json.positions.length > 0) lines.push(positionTable(json), '\n');
  const latencies = latencyTable(json);
  if (latencies !== '') lines.push(latencies, '\n');
  for (const text of notes(report)) line('strategy', terminal.warn(text));
  for (const text of riskLines(report)) line('risk', terminal.warn(text));
  return lines.join('').replace(/\n\n$/, '\n');
}

function sessionText(report: BacktestReport): string {
  const { fromNs, toNs, firstOrderNs } = report.json.session;
  if (fromNs === null || toNs === null) return 'no market event';
  const first = firstOrderNs === null ? 'no order' : `first order ${report.time(firstOrderNs)}`;
  return `${report.time(fromNs)} to ${report.time(toNs)} (${duration(toNs - fromNs)}), ${first}`;
}

function orderText(orders: OrderCounts): string {
  const ends = [
    `${count(orders.filled)} filled`,
    `${count(orders.canceled)} canceled`,
    `${count(orders.rejected)} rejected`,
    `${count(orders.expired)} expired`,
    `${count(orders.live)} live`,
  ];
  return `${count(orders.orders)} = ${ends.join(' + ')} · ${count(orders.sent)} sent · ${plural(orders.replaces, 'replace')} · ${plural(orders.cancels, 'cancel')} asked`;
}

function fillText({ fills, orders }: ReportJson): string {
  const parts = [count(fills.fills)];
  if (fills.makerShare !== null) parts.push(`${share(fills.makerShare)} maker`);
  parts.push(`fill ratio ${orders.fillRatio === null ? '-' : share(orders.fillRatio)} of orders sent`);
  if (fills.busts > 0) parts.push(plural(fills.busts, 'bust'));
  const reasons = Object.entries(fills.byReason).sort((a, b) => b[1] - a[1]);
  const lines = reasons.map(([reason, n]) => `\n                ${count(n)} ${reason}`);
  return parts.join(' · ') + lines.join('');
}

function rejectText({ rejects }: ReportJson): string {
  const shown = rejects.slice(0, MAX_ROWS).map(({ stage, action, code, reason, text, count: n }) => {
    const whole = stage === 'venue' && text.startsWith('venue: ') ? text.slice(7) : text;
    return `${count(n)} ${action} by ${stage}: ${whole} (${code} ${reason})`;
  });
  if (rejects.length > shown.length) shown.push(`and ${plural(rejects.length - shown.length, 'more reason')}`);
  return shown.join('\n                ');
}

function pnlLines(
  report: BacktestReport,
  pnl: PnlFigures,
  terminal: Terminal,
  line: (label: string, text: string) => void,
): void {
  const unit = pnl.currency === '' ? '' : ` ${pnl.currency}`;
  const net = amountText(pnl.net);
  const painted = pnl.net.startsWith('-') ? terminal.bad(net) : terminal.good(net);
  line('net P&L', `${painted}${unit} = gross ${amountText(pnl.gross)} - fees ${amountText(pnl.fees)}`);
  line('', `gross = realised ${amountText(pnl.realised)} + unrealised ${amountText(pnl.unrealised)}`);
  line(
    'turnover',
    `${amountText(pnl.turnover)}${unit} · maker ${amountText(pnl.makerTurnover)}, taker ${amountText(pnl.takerTurnover)}`,
  );
  const { drawdownFromNs: from, drawdownToNs: to } = pnl;
  const when = from === null || to === null ? '' : `, ${report.time(from)} to ${report.time(to)}`;
  line('max drawdown', `${amountText(pnl.maxDrawdown.toFixed(12))}${unit}${when}`);
  line('sharpe', sharpeText(pnl));
}

function sharpeText(pnl: PnlFigures): string {
  const per = `per ${duration(pnl.sharpeIntervalNs).replace('.00', '').replace('.0', '')}`;
  if (pnl.turnover === '0') return 'none: nothing was executed';
  if (pnl.sharpe === null) {
    return pnl.sharpeIntervals < 30
      ? 'too short for one (30 intervals of a second at least)'
      : 'none: the P&L never changed';
  }
  return `${pnl.sharpe.toFixed(2)} annualised, from ${count(pnl.sharpeIntervals)} P&L changes ${per} (${count(pnl.sharpeIntervalsPerYear)} a year)`;
}

function breakdown({ strategies, instruments }: ReportJson): string {
  const head = [
    '',
    'orders',
    'sent',
    'rejected',
    'fills',
    'maker',
    'net P&L',
    'gross',
    'fees',
    'turnover',
    'drawdown',
    'sharpe',
    '',
  ];
  const rows = [head];
  for (const { id, orders, fills, pnl } of strategies) {
    const counts = [orders.orders, orders.sent, orders.rejected, fills.fills].map(count);
    const maker = fills.makerShare === null ? '-' : share(fills.makerShare);
    if (pnl.length === 0) rows.push([id, ...counts, maker]);
    for (const [i, one] of pnl.entries()) {
      const money = [one.net, one.gross, one.fees, one.turnover, one.maxDrawdown.toFixed(12)].map(amountText);
      const before = i === 0 ? [id, ...counts, maker] : [id, '', '', '', '', ''];
      rows.push([...before, ...money, one.sharpe === null ? '-' : one.sharpe.toFixed(2), one.currency]);
    }
  }
  for (const { symbol, orders, fills, money } of instruments) {
    const counts = [orders.orders, orders.sent, orders.rejected, fills.fills].map(count);
    const maker = fills.makerShare === null ? '-' : share(fills.makerShare);
    const amounts = [money.net, money.gross, money.fees, money.turnover].map(amountText);
    rows.push([symbol, ...counts, maker, ...amounts, '', '', money.currency]);
  }
  return table(rows);
}

function positionTable({ positions }: ReportJson): string {
  const head = [
    'position',
    'strategy',
    'qty',
    'avg cost',
    'mark',
    'realised',
    'unrealised',
    'mean',
    'max long',
    'max short',
    'held',
  ];
  const rows = positions.map(({ symbol, strategy, qty, avgCost, mark, money, inventory }) => [
    symbol,
    strategy,
    qty,
    avgCost ?? '-',
    mark ?? '-',
    amountText(money.realised),
    amountText(money.unrealised),
    String(Number(inventory.mean.toPrecision(4))),
    inventory.maxLong,
    inventory.maxShort,
    inventory.heldShare === null ? '-' : share(inventory.heldShare),
  ]);
  return table([head, ...rows]);
}

function latencyTable({ latency, queue }: ReportJson): string {
  const rows: string[][] = [['event time', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count']];
  const add = (name: string, d: Distribution): void => {
    const { p50, p90, p99, p999, max } = d;
    if (d.count > 0) rows.push([name, ...[p50, p90, p99, p999, max].map((ns) => signed(ns ?? 0)), count(d.count)]);
  };
  add('market event -> received', latency.feedNs);
  add('request -> at the venue', latency.entryNs);
  add('venue -> report received', latency.responseNs);
  add('request -> answer', latency.roundTripNs);
  add('in the queue until filled', queue.timeToFillNs);
  return rows.length === 1 ? '' : table(rows);
}

function notes(report: BacktestReport): string[] {
  const { strategyStates, strategyStatesLeftOut } = report.json;
  const shown = strategyStates.filter((one) => one.reason !== null);
  const texts = shown
    .slice(0, MAX_ROWS)
    .map((one) =>
      `${one.strategy} ${one.state} at ${report.time(one.timeNs)}: ${one.reason} ${printable(one.text)}`.trim(),
    );
  const more = shown.length - texts.length + strategyStatesLeftOut;
  return more > 0 ? [...texts, `and ${plural(more, 'more change')} of state`] : texts;
}

function riskLines(report: BacktestReport): string[] {
  const { risk } = report.json;
  const texts = risk.slice(0, MAX_ROWS).map((one) => {
    const what = [one.scope, one.subject, one.kind, one.limit ?? ''].filter((part) => part !== '').join(' ');
    const times = one.count === 1 ? '' : `, ${count(one.count)} times`;
    const isCommand = one.limit === null;
    const figures = isCommand || one.lastLimit === null ? '' : ` (${one.lastValue} of ${one.lastLimit})`;
    return `${what}${figures} at ${report.time(one.firstNs)}${times}`;
  });
  return risk.length > texts.length ? [...texts, `and ${count(risk.length - texts.length)} more kinds`] : texts;
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** A span that may be negative, where the venue's clock and ours differ. */
function signed(ns: number): string {
  return ns < 0 ? `-${duration(-ns)}` : duration(ns);
}
