/** A backtest as one self-contained page: an SVG of profits, VaR, ES and exceedances, and the tests. No network, no script. */
import type { RiskSettings } from '../portfolio/methods/settings.ts';
import { STYLE } from '../report/html/style.ts';
import { escapeHtml } from '../report/html/text.ts';
import { figure, percent, type Unit } from './risk-text.ts';
import { count } from './terminal.ts';
import type { Backtest, VarBacktestOptions } from './var-backtest.ts';
import { datesText, notesOf, verdicts } from './var-backtest-text.ts';
import { methodText } from './var-text.ts';

const WIDTH = 1160;
const HEIGHT = 380;
const LEFT = 88;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;

const OWN_STYLE = `
figure { margin-top: 24px; } th.text { text-align: left; } td.warned { color: var(--s1); }
svg.plot { display: block; width: 100%; height: auto; }
.profit { stroke: var(--line); fill: none; } .var { stroke: var(--s0); fill: none; stroke-width: 1.6; }
.es { stroke: var(--s3); fill: none; stroke-width: 1.3; stroke-dasharray: 5 4; }
.exceedance { fill: var(--bad); } .grid { stroke: var(--grid); } .zero { stroke: var(--faint); }
svg.plot text { fill: var(--faint); font: 12px system-ui, sans-serif; }
`;

export function backtestPage(tests: readonly Backtest[], settings: RiskSettings, options: VarBacktestOptions): string {
  const title = `VaR backtest · ${options.prices}`;
  const level = percent(settings.confidence);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${OWN_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="faint">VaR and expected shortfall at ${level} %, one period, from the ${count(settings.window)} periods before · ${escapeHtml(methodText(settings))}</p>
${tests.map((test) => section(test, tests.length > 1)).join('')}</main>
</body>
</html>
`;
}

function section(test: Backtest, isNamed: boolean): string {
  const { name, report, forecasts, portfolio } = test;
  const heading = isNamed ? `<h2>${escapeHtml(name)}</h2>\n` : '';
  if (report === null) {
    return `${heading}<p class="warn">No backtest: ${escapeHtml(forecasts.firstReason ?? 'the history is no longer than the window')}</p>\n`;
  }
  const notes = [...notesOf(test), ...portfolio.aligned.report.notes];
  const rows = verdicts(report, forecasts).map(({ test: of, statistic, pValue, passes, words }) => {
    const css = passes === null ? ' warned' : passes ? ' good' : ' bad';
    const verdict = passes === null ? 'warns: ' : passes ? 'passes: ' : 'fails: ';
    return `<tr><th scope="row">${escapeHtml(of)}</th><td>${escapeHtml(statistic)}</td><td>${escapeHtml(pValue)}</td><td class="text${css}">${verdict}${escapeHtml(words)}</td></tr>`;
  });
  return `${heading}<dl class="tiles">
${tile('Exceedances', count(report.exceedances), `${Number(report.expected.toPrecision(6))} were to be expected`)}
${tile('Share of periods', `${((report.exceedances / report.periods) * 100).toFixed(2)} %`, `of ${count(report.periods)}, ${datesText(test)}`)}
${tile('Traffic light', report.trafficLight.zone, report.lastYear === null ? 'all periods' : `${report.lastYear.zone} for the last 250`)}
</dl>
<figure>
<figcaption><strong>Profits and forecasts</strong><span class="legend">${legend()}</span></figcaption>
${plot(test)}
</figure>
<div class="scroll" tabindex="0"><table><caption>Tests</caption>
<thead><tr><th scope="col">test</th><th scope="col">statistic</th><th scope="col">p</th><th scope="col" class="text">verdict</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>\n`).join('')}`;
}

function tile(name: string, value: string, small: string): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd><dd><small>${escapeHtml(small)}</small></dd></div>`;
}

function legend(): string {
  const line = (css: string, text: string): string =>
    `<span><svg width="26" height="10" aria-hidden="true"><path class="${css}" d="M0 5h26"/></svg>${text}</span>`;
  const dot =
    '<span><svg width="10" height="10" aria-hidden="true"><circle class="exceedance" cx="5" cy="5" r="4"/></svg>exceedance</span>';
  return line('profit', 'profit') + line('var', 'VaR, as a loss') + line('es', 'expected shortfall') + dot;
}

function plot({ forecasts, portfolio, report }: Backtest): string {
  const { profits, vars, shortfalls, exceedances, periods } = forecasts;
  const { dates } = portfolio.aligned;
  const range = (values: Float64Array, sign: number): [number, number] =>
    values.reduce<[number, number]>(([a, b], value) => [Math.min(a, sign * value), Math.max(b, sign * value)], [0, 0]);
  const ranges = [range(profits, 1), range(vars, -1), range(shortfalls, -1)];
  const low = Math.min(...ranges.map(([value]) => value));
  const high = Math.max(...ranges.map(([, value]) => value));
  const span = high > low ? high - low : 1;
  const x = (k: number): number => LEFT + ((k + 0.5) / periods.length) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((high - value) / span) * (HEIGHT - TOP - BOTTOM);
  const at = (k: number, value: number): string => `${x(k).toFixed(1)} ${y(value).toFixed(1)}`;
  const path = (values: Float64Array): string => `M${Array.from(values, (value, k) => at(k, -value)).join('L')}`;
  const stems = Array.from(profits, (value, k) => `M${at(k, 0)}V${y(value).toFixed(1)}`).join('');
  const stemWidth = Math.max(0.4, Math.min(6, (0.7 * (WIDTH - LEFT - RIGHT)) / periods.length));
  const dots = Array.from(profits.keys()).filter((k) => exceedances[k] === 1);
  const label = `${count(report?.exceedances ?? 0)} exceedances of the VaR in ${count(periods.length)} periods`;
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${horizontals(low, high, portfolio.unit, y)}${verticals(dates, periods, x)}
<path class="profit" stroke-width="${stemWidth.toFixed(2)}" d="${stems}"/>
<path class="es" d="${path(shortfalls)}"/><path class="var" d="${path(vars)}"/>
${dots.map((k) => `<circle class="exceedance" cx="${x(k).toFixed(1)}" cy="${y(profits[k]).toFixed(1)}" r="3.2"><title>${escapeHtml(`${dates[periods[k]]}: ${figure(profits[k], portfolio.unit)}, VaR ${figure(vars[k], portfolio.unit)}`)}</title></circle>`).join('')}
</svg>`;
}

function horizontals(low: number, high: number, unit: Unit, y: (value: number) => number): string {
  if (!(high > low)) return '';
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((one) => one >= rough) ?? rough;
  let text = '';
  for (let k = Math.ceil(low / step); k * step <= high; k++) {
    const at = y(k * step).toFixed(1);
    text += `<path class="${k === 0 ? 'zero' : 'grid'}" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>`;
    text += `<text x="${LEFT - 8}" y="${at}" text-anchor="end" dominant-baseline="middle">${tickText(k * step, step, unit)}</text>`;
  }
  return text;
}

/** As many decimals as the step has. */
function tickText(value: number, step: number, unit: Unit): string {
  if (unit === 'return') {
    const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step * 100) + 1e-9)));
    return `${(value * 100).toFixed(decimals)} %`;
  }
  return step >= 1 && Math.abs(value) < 1e15
    ? count(Math.abs(value)).replace(/^/, value < 0 ? '-' : '')
    : value.toPrecision(3);
}

function verticals(dates: readonly string[], periods: Int32Array, x: (k: number) => number): string {
  const wanted = Math.min(8, periods.length);
  let text = '';
  for (let i = 0; i < wanted; i++) {
    const k = Math.floor((i * (periods.length - 1)) / Math.max(1, wanted - 1));
    const anchor = i === 0 ? 'start' : i === wanted - 1 ? 'end' : 'middle';
    text += `<text x="${x(k).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${escapeHtml(dates[periods[k]].slice(0, 10))}</text>`;
  }
  return text;
}
