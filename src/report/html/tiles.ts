/** The key figures at the head of the page. */
import type { BacktestReport } from '../backtest-report.ts';
import { amountText } from '../money.ts';
import type { PnlFigures } from '../report-types.ts';
import { countText, escapeHtml, shareText, spanText } from './text.ts';

export function tilesOf(report: BacktestReport): string {
  const { json } = report;
  const { orders, fills } = json;
  const rows = json.pnl.map((pnl) => pnlTiles(pnl, ''));
  if (json.converted !== null) rows.unshift(pnlTiles(json.converted, 'all in'));
  rows.push([
    tile('Orders', countText(orders.orders), `${countText(orders.sent)} sent, ${countText(orders.rejected)} rejected`),
    tile('Fills', countText(fills.fills), `${shareText(fills.makerShare)} maker`),
    tile('Fill ratio', shareText(orders.fillRatio), 'orders executed, of those sent'),
    tile('Replaces and cancels', `${countText(orders.replaces)} · ${countText(orders.cancels)}`, 'asked for'),
  ]);
  return rows.map((tiles) => `<dl class="tiles">${tiles.join('')}</dl>\n`).join('');
}

function pnlTiles(pnl: PnlFigures, before: string): string[] {
  const unit = ` ${before} ${pnl.currency}`.trimEnd().replace(/ +/, ' ');
  const sign = pnl.net.startsWith('-') ? 'bad' : 'good';
  const parts = `gross ${amountText(pnl.gross)}, fees ${amountText(pnl.fees)}`;
  const interval = `annualised, ${countText(pnl.sharpeIntervals)} changes per ${spanText(pnl.sharpeIntervalNs)}`;
  return [
    tile(`Net P&L${unit}`, amountText(pnl.net), parts, sign),
    tile(`Max drawdown${unit}`, amountText(pnl.maxDrawdown.toFixed(12)), drawdownSpan(pnl)),
    tile(
      `Sharpe ratio${unit}`,
      pnl.sharpe === null ? '-' : pnl.sharpe.toFixed(2),
      pnl.sharpe === null ? 'too short or no change' : interval,
    ),
    tile(`Turnover${unit}`, amountText(pnl.turnover), `maker ${amountText(pnl.makerTurnover)}`),
  ];
}

function drawdownSpan({ drawdownFromNs, drawdownToNs }: PnlFigures): string {
  if (drawdownFromNs === null || drawdownToNs === null) return 'none';
  return `peak to trough in ${spanText(drawdownToNs - drawdownFromNs)}`;
}

function tile(name: string, value: string, small: string, sign = ''): string {
  const css = sign === '' ? '' : ` class="${sign}"`;
  return `<div><dt>${escapeHtml(name)}</dt><dd${css}>${escapeHtml(value)}</dd><dd><small>${escapeHtml(small)}</small></dd></div>`;
}
