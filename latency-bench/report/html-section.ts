/** One benchmark on the page: figures, percentile curves, stages, worst events, notes. */
import type { Histogram } from '../../src/core/histogram.ts';
import { countText, escapeHtml, spanText } from '../../src/report/html/text.ts';
import { type Attribution, type BenchResult, best, type Figure, type LatencyFigure, median } from '../benchmark.ts';
import { type Measured, sumOfStagesNs, total, worst } from '../measured.ts';
import { percent, remarkOnUse } from '../noise.ts';
import { type Curve, MAX_CURVES, percentileChart, runStrip } from './charts.ts';
import { figureText } from './columns.ts';
import { htmlTable } from './html-table.ts';

export function sectionOf(measured: Measured, id: string): string {
  const { name, summary, result, failed, use, elapsedMs } = measured;
  const remark = remarkOnUse(use);
  return [
    `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(name)}</h2>\n<p>${escapeHtml(summary)}</p>\n`,
    `<p class="note">${escapeHtml(`${spanText(elapsedMs * 1e6)}${threadsText(result)}`)}</p>\n`,
    failed === null ? '' : `<p class="warn">Failed: ${escapeHtml(failed)}</p>\n`,
    remark === null ? '' : `<p class="warn">${escapeHtml(remark)}</p>\n`,
    result === null ? '' : resultHtml(name, result),
    '</section>\n',
  ].join('');
}

function threadsText(result: BenchResult | null): string {
  return result === null ? '' : `; threads: ${result.topology}`;
}

function resultHtml(name: string, { figures, latencies, attributions = [], notes }: BenchResult): string {
  const list = notes.map((note) => `<li>${escapeHtml(note)}</li>`);
  return [
    figures.length === 0 ? '' : figuresHtml(name, figures),
    latencies.length === 0 ? '' : latenciesHtml(name, latencies),
    ...attributions.map(attributionHtml),
    list.length === 0 ? '' : `<ul class="notes">${list.join('\n')}</ul>\n`,
  ].join('');
}

/** Spreads smaller than this fill only a part of the strip, so that little noise looks like little. */
const LEAST_SPAN = 0.1;

function figuresHtml(name: string, figures: readonly Figure[]): string {
  const spreads = figures.map((figure) => Math.abs(worst(figure) / best(figure) - 1)).filter(Number.isFinite);
  const span = Math.max(LEAST_SPAN, ...spreads);
  const rows = figures.map((figure) => {
    const { name, unit, runs } = figure;
    const cells = [best(figure), median(runs), worst(figure)].map(figureText);
    const strip = runs.length < 2 ? '' : runStrip(runs, best(figure), median(runs), span);
    return [escapeHtml(name), ...cells, escapeHtml(unit), countText(runs.length), strip];
  });
  const head = ['', 'best', 'median', 'worst', '', 'runs', `runs, best to ${percent(span)} worse`];
  return htmlTable(`${name}: figures`, head, rows, { text: [4] });
}

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];

function percentileCells(histogram: Histogram): string[] {
  const { p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs } = histogram.summary();
  return [p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs].map(spanText);
}

function latenciesHtml(name: string, latencies: readonly LatencyFigure[]): string {
  const curves = latencies.map(({ name, parts }): Curve => ({ name, histogram: total(parts) }));
  const rows = latencies.map(({ name, kind }, i) => {
    const { histogram } = curves[i];
    return [escapeHtml(name), kind, ...percentileCells(histogram), countText(histogram.count)];
  });
  const head = ['', 'kind', ...PERCENTILES, 'samples'];
  return `<h3>Latency by percentile</h3>\n${chartsOf(curves)}${htmlTable(`${name}: latencies`, head, rows, { text: [1] })}`;
}

function chartsOf(curves: readonly Curve[]): string {
  const drawn = curves.filter(({ histogram }) => histogram.count > 0);
  const charts: string[] = [];
  for (let i = 0; i < drawn.length; i += MAX_CURVES) charts.push(percentileChart(drawn.slice(i, i + MAX_CURVES)));
  return charts.join('');
}

/** The stages as bars, each beginning where the one before it ends. */
function attributionHtml(attribution: Attribution): string {
  const { name, stages, whole, unexplainedNs, stampsCostNs } = attribution;
  const sumNs = sumOfStagesNs(attribution);
  const scaleNs = Math.max(sumNs, whole.meanNs, 1);
  let fromNs = 0;
  const rows = stages.map(({ name, histogram }) => {
    const { meanNs } = histogram;
    const bar = fallBar(fromNs / scaleNs, meanNs / scaleNs);
    fromNs += meanNs;
    return [
      escapeHtml(name),
      bar,
      meanText(meanNs),
      percent(sumNs === 0 ? 0 : meanNs / sumNs),
      ...percentileCells(histogram),
    ];
  });
  rows.push(['sum of the stages', fallBar(0, sumNs / scaleNs), meanText(sumNs), '', ...PERCENTILES.map(() => '')]);
  rows.push(['the whole', fallBar(0, whole.meanNs / scaleNs), meanText(whole.meanNs), '', ...percentileCells(whole)]);
  const rowClasses = [...stages.map(() => undefined), 'sum', 'whole'];
  const ofWhole = whole.meanNs === 0 ? '' : ` (${percent(Math.abs(unexplainedNs) / whole.meanNs)} of the whole)`;
  const note = `${countText(whole.count)} events. Not explained by the stages: ${spanText(unexplainedNs)}${ofWhole}; the stamps of one event cost ${spanText(stampsCostNs)}.`;
  const head = ['stage', '', 'mean', 'share', ...PERCENTILES];
  const table = htmlTable(`${name}: stages`, head, rows, { rowClasses, columnClasses: { 1: 'fall' } });
  return `<h3>${escapeHtml(name)}: where the time goes</h3>\n<p class="note">${escapeHtml(note)}</p>\n${table}${worstHtml(attribution)}`;
}

/** To the ns, so that the stages can be added up. */
function meanText(ns: number): string {
  return `${countText(Math.round(ns))} ns`;
}

function fallBar(from: number, share: number): string {
  const style = `margin-left:${(from * 100).toFixed(2)}%;width:${(share * 100).toFixed(2)}%`;
  return `<div aria-hidden="true"><i style="${style}"></i></div>`;
}

function worstHtml({ name, stages, worst }: Attribution): string {
  if (worst.length === 0) return '';
  const rows = worst.map(({ seq, atMs, totalNs, stagesNs, cause }) => [
    countText(seq),
    spanText(atMs * 1e6),
    spanText(totalNs),
    ...stages.map((_, i) => spanText(stagesNs[i] ?? 0)),
    escapeHtml(cause),
  ]);
  const head = ['seq', 'at', 'total', ...stages.map((stage) => stage.name), 'cause'];
  const table = htmlTable(`${name}: the worst events`, head, rows, { text: [head.length - 1] });
  return `<details open><summary>The worst ${worst.length} events</summary>\n${table}</details>\n`;
}
