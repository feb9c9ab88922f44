/** The page's tables. */
import type { BacktestReport } from '../backtest-report.ts';
import type { Distribution } from '../columns.ts';
import { amountText } from '../money.ts';
import type { FillCounts, MoneyFigures, OrderCounts, ReportJson } from '../report-types.ts';
import { countText, escapeHtml, shareText, spanText } from './text.ts';

/** Rows of a table that may grow with the log; the rest is in report.json. */
const MAX_ROWS = 200;

type Row = readonly string[];

export function tablesOf(report: BacktestReport): string {
  const { json } = report;
  return [
    section('P&L by strategy and instrument', pnlTable(json)),
    section('Orders and fills', orderTable(json)),
    section('Positions', positionTable(json)),
    section('Rejects', rejectTable(json)),
    section('Fills, by why the venue filled', reasonTable(json)),
    section('Latency, in the time of the recording', latencyTable(json)),
    section('Queue', queueTable(json)),
    section('Strategy states', stateTable(report)),
    section('Risk', riskTable(report)),
  ].join('');
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<h2>${escapeHtml(title)}</h2>\n${body}`;
}

/** `text`: columns that hold words, by index. The first column is the row's head. */
function table(caption: string, head: Row, rows: readonly Row[], text: readonly number[] = []): string {
  if (rows.length === 0) return '';
  const shown = rows.slice(0, MAX_ROWS);
  const more = rows.length - shown.length;
  const said = more > 0 ? `${caption} ${countText(more)} more are in report.json.` : caption;
  const cell = (value: string, i: number): string => {
    if (i === 0) return `<th scope="row">${escapeHtml(value)}</th>`;
    return `<td${text.includes(i) ? ' class="text"' : ''}>${escapeHtml(value)}</td>`;
  };
  const heads = head.map(
    (name, i) => `<th scope="col"${text.includes(i) ? ' style="text-align:left"' : ''}>${escapeHtml(name)}</th>`,
  );
  const body = shown.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  const label = escapeHtml(said === '' ? head.join(', ') : said);
  const note = said === '' ? '' : `<p class="note">${escapeHtml(said)}</p>\n`;
  return `${note}<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><caption>${label}</caption>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${body}
</tbody></table></div>
`;
}

const ORDER_HEAD = [
  'orders',
  'sent',
  'filled',
  'canceled',
  'rejected',
  'expired',
  'live',
  'executed',
  'fills',
  'maker',
];

/** Of all, of each strategy, of each instrument. */
function orderTable({ orders, fills, strategies, instruments }: ReportJson): string {
  const row = (name: string, o: OrderCounts, f: FillCounts): string[] => [
    name,
    ...[o.orders, o.sent, o.filled, o.canceled, o.rejected, o.expired, o.live].map(countText),
    shareText(o.fillRatio),
    countText(f.fills),
    shareText(f.makerShare),
  ];
  const rows = [
    row('all', orders, fills),
    ...strategies.map((one) => row(one.id, one.orders, one.fills)),
    ...instruments.map((one) => row(one.symbol, one.orders, one.fills)),
  ];
  const caption =
    'Orders = filled + canceled + rejected + expired + live. Executed: orders with at least one fill, of those sent.';
  return table(caption, ['', ...ORDER_HEAD], rows);
}

/** Of each strategy and each instrument, a row per currency. */
function pnlTable({ strategies, instruments }: ReportJson): string {
  const amounts = (m: MoneyFigures): string[] => {
    return [m.net, m.gross, m.fees, m.realised, m.unrealised, m.turnover].map(amountText);
  };
  const rows = strategies.flatMap(({ id, pnl }) =>
    pnl.map((one) => {
      const sharpe = one.sharpe === null ? '-' : one.sharpe.toFixed(2);
      return [id, one.currency, ...amounts(one), amountText(one.maxDrawdown.toFixed(12)), sharpe];
    }),
  );
  for (const { symbol, money } of instruments) {
    if (money.turnover !== '0') rows.push([symbol, money.currency, ...amounts(money), '', '']);
  }
  const head = ['', '', 'net', 'gross', 'fees', 'realised', 'unrealised', 'turnover', 'max drawdown', 'Sharpe'];
  return table('Net = gross - fees; gross = realised + unrealised.', head, rows);
}

function positionTable({ positions }: ReportJson): string {
  const head = [
    ...['', 'strategy', 'qty', 'avg cost', 'mark', 'unrealised', ''],
    ...['mean', 'mean size', 'max long', 'max short', 'time held'],
  ];
  const rows = positions.map(({ symbol, strategy, qty, avgCost, mark, money, inventory }) => [
    ...[symbol, strategy, qty, avgCost ?? '-', mark ?? '-', amountText(money.unrealised), money.currency],
    ...[inventory.mean, inventory.meanSize].map((value) => String(Number(value.toPrecision(4)))),
    ...[inventory.maxLong, inventory.maxShort, shareText(inventory.heldShare)],
  ]);
  return table('At the end; means are weighted by time, from the first order on. Marked by the last mid.', head, rows);
}

function rejectTable({ rejects }: ReportJson): string {
  const rows = rejects.map(({ count, stage, action, code, reason, text }) => [
    `${code} ${reason}`,
    countText(count),
    action,
    stage === 'risk' ? 'pre-trade risk' : 'the venue',
    text,
  ]);
  return table('', ['', 'times', 'request', 'refused by', 'why'], rows, [4]);
}

function reasonTable({ fills }: ReportJson): string {
  const rows = Object.entries(fills.byReason).map(([reason, n]) => [reason, countText(n), shareText(n / fills.fills)]);
  return table('', ['', 'fills', 'share'], rows);
}

function latencyTable({ latency }: ReportJson): string {
  const rows = [
    spanRow('market event at the venue → received', latency.feedNs),
    spanRow('request → at the venue', latency.entryNs),
    spanRow('at the venue → report received', latency.responseNs),
    spanRow('request → answer received', latency.roundTripNs),
  ].filter((row) => row.length > 0);
  return table('', ['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'], rows);
}

function spanRow(name: string, d: Distribution): string[] {
  if (d.count === 0) return [];
  return [name, ...[d.p50, d.p90, d.p99, d.p999, d.max].map((ns) => spanText(ns ?? 0)), countText(d.count)];
}

function queueTable({ queue, instruments }: ReportJson): string {
  if (queue.known === 0) return '';
  const rows: Row[] = [];
  const waited = spanRow('time at the venue until filled as maker', queue.timeToFillNs);
  if (waited.length > 0) rows.push(waited);
  for (const { symbol, queueAheadQty: d } of instruments) {
    if (d.count === 0) continue;
    const quantity = (value: number | null): string => String(Number((value ?? 0).toPrecision(6)));
    const cells = [d.p50, d.p90, d.p99, d.p999, d.max].map(quantity);
    rows.push([`${symbol}: quantity ahead on arrival`, ...cells, countText(d.count)]);
  }
  const caption = `Place in the queue known for ${countText(queue.known)} orders, ${countText(queue.atFront)} of them at the front.`;
  return table(caption, ['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'], rows);
}

function stateTable(report: BacktestReport): string {
  const { strategyStates, strategyStatesLeftOut } = report.json;
  const rows = strategyStates.map((one) => [
    report.time(one.timeNs),
    one.strategy,
    one.state,
    one.reason ?? '',
    one.text,
    countText(one.seq),
  ]);
  const caption = strategyStatesLeftOut > 0 ? `${countText(strategyStatesLeftOut)} later changes are left out.` : '';
  return table(caption, ['time', 'strategy', 'state', 'reason', 'text', 'seq'], rows, [4]);
}

function riskTable(report: BacktestReport): string {
  const rows = report.json.risk.map((one) => [
    [one.kind, one.limit ?? ''].join(' ').trim(),
    `${one.scope} ${one.subject}`.trim(),
    countText(one.count),
    report.time(one.firstNs),
    report.time(one.lastNs),
    one.lastValue === null ? '' : String(one.lastValue),
    one.lastLimit === null ? '' : String(one.lastLimit),
  ]);
  return table(
    'Kill switches, trading states, limits near or past their end.',
    ['', 'of', 'times', 'first', 'last', 'last value', 'limit'],
    rows,
  );
}
