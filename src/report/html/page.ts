/** The report as one self-contained HTML page: no network, no library; readable without its script but for the charts. */
import type { BacktestReport } from '../backtest-report.ts';
import { type Chart, type ChartSet, chartsOf } from './chart-data.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { tablesOf } from './tables.ts';
import { escapeHtml, spanText } from './text.ts';
import { tilesOf } from './tiles.ts';

/** Markers of the legend, in the order of the script's dashes. */
const DASHES = ['', '7 4', '2 3', '10 3 2 3', '4 4', '1 4'];

/** Pieces of the page. `title`: names the run, the log's directory as a rule. */
export function* htmlPage(report: BacktestReport, title: string): Generator<string, void, void> {
  const { json } = report;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(title)} · tapehead report</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="faint">${sessionLine(report)}</p>
`;
  if (!json.hasTrading) {
    yield '<p>The log holds no trading: it was made without a strategy.</p>\n</main>\n</body>\n</html>\n';
    return;
  }
  if (!json.isClosed) yield '<p class="warn">The log was never closed: the figures go up to where it was cut.</p>\n';
  yield tilesOf(report);
  const charts = chartsOf(report);
  yield chartSection(report, charts);
  yield tablesOf(report);
  yield '<h2>Files</h2>\n<p>Beside this page: <a href="orders.csv">orders.csv</a>, <a href="fills.csv">fills.csv</a>, ';
  yield '<a href="equity.csv">equity.csv</a>, <a href="positions.csv">positions.csv</a>, <a href="report.json">report.json</a>.</p>\n';
  yield '</main>\n';
  // "<" is the only character that could end the element.
  yield `<script type="application/json" id="chart-data">${JSON.stringify(charts).replaceAll('<', '\\u003c')}</script>\n`;
  yield `<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

function sessionLine(report: BacktestReport): string {
  const { fromNs, toNs } = report.json.session;
  const records = `${report.json.records.toLocaleString('en-US')} records`;
  if (fromNs === null || toNs === null) return records;
  const span = `${report.time(fromNs)} to ${report.time(toNs)} UTC, ${spanText(toNs - fromNs)}`;
  return escapeHtml(`${span}, ${records}`);
}

function chartSection(report: BacktestReport, charts: ChartSet): string {
  const { json } = report;
  if (charts.charts.length === 0) return '';
  const every = `P&L is marked at every fill, and by the mid at most every ${spanText(json.marks.everyNs)}.`;
  const left = charts.instrumentsLeftOut > 0 ? ` ${charts.instrumentsLeftOut} more instruments have no chart.` : '';
  const help = 'Point at a chart, or move along it with the arrow keys, to read its values. Times are UTC.';
  return `<h2>Charts</h2>\n<p class="note">${escapeHtml(`${every}${left} ${help}`)}</p>\n${charts.charts.map(figure).join('')}`;
}

function figure(chart: Chart): string {
  const low = chart.id.startsWith('drawdown') || chart.id.startsWith('inventory') ? ' class="low"' : '';
  const note = chart.note === '' ? '' : `<p class="note">${escapeHtml(chart.note)}</p>`;
  return `<figure>
<figcaption><strong>${escapeHtml(chart.title)}</strong>${legend(chart)}<output class="readout" aria-live="polite"></output></figcaption>
<canvas id="${chart.id}"${low} tabindex="0" role="img" aria-label="${escapeHtml(describe(chart))}"></canvas>${note}
</figure>
`;
}

function legend(chart: Chart): string {
  const items: string[] = [];
  if (chart.fills !== null) {
    items.push(`${swatch('--line', '')}mid`);
    items.push(`${triangle('--buy', true)}buy`, `${triangle('--sell', false)}sell`, 'filled: maker, hollow: taker');
  } else if (chart.lines.length > 1) {
    for (const [i, line] of chart.lines.entries())
      items.push(swatch(`--s${i % 6}`, DASHES[i % 6]) + escapeHtml(line.name));
  }
  return items.length === 0 ? '' : `<span class="legend">${items.map((one) => `<span>${one}</span>`).join('')}</span>`;
}

function swatch(colour: string, dash: string): string {
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<svg width="26" height="10" aria-hidden="true"><path d="M0 5h26" stroke="var(${colour})" stroke-width="2"${dashes}/></svg>`;
}

function triangle(colour: string, isUp: boolean): string {
  const path = isUp ? 'M5 0L10 9H0Z' : 'M5 10L10 1H0Z';
  return `<svg width="10" height="10" aria-hidden="true"><path d="${path}" fill="var(${colour})"/></svg>`;
}

/** What a reader of the page hears instead of seeing. */
function describe(chart: Chart): string {
  const parts = chart.lines.flatMap(({ name, v }) => {
    if (v.length === 0) return [];
    const low = v.reduce((a, b) => Math.min(a, b));
    const high = v.reduce((a, b) => Math.max(a, b));
    const text = (value: number): string => value.toFixed(chart.decimals);
    return [`${name} from ${text(v[0])} to ${text(v[v.length - 1])}, lowest ${text(low)}, highest ${text(high)}`];
  });
  if (chart.fills !== null) parts.push(`${chart.fills.t.length} fills`);
  return `${chart.title}: ${parts.join('; ')}${chart.unit === '' ? '' : ` (${chart.unit})`}`;
}
