/** Drawings of the page: percentile curves and runs, as SVG that takes its colours from the page. */
import type { Histogram } from '../../src/core/histogram.ts';
import { escapeHtml, spanText } from '../../src/report/html/text.ts';

/** Colours and dashes that the page has. */
export const MAX_CURVES = 6;
const DASHES = ['', '7 4', '2 3', '10 3 2 3', '4 4', '1 4'];

export interface Curve {
  readonly name: string;
  readonly histogram: Histogram;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const WIDE: Frame = { width: 960, height: 340, left: 66, right: 18, top: 10, bottom: 40 };
/** For a telephone: drawn at its width, so that the text keeps its size. */
const NARROW: Frame = { width: 360, height: 300, left: 52, right: 12, top: 10, bottom: 40 };

/**
 * Percentile curves on HdrHistogram's axis: 1 / (1 - percentile), logarithmic, so that each nine has the same room. Values
 * are logarithmic too. The curve is the quantile function itself, in steps; it ends one sample before 100 %.
 */
export function percentileChart(curves: readonly Curve[]): string {
  const label = escapeHtml(curves.map(curveText).join('; '));
  const drawing = (frame: Frame, css: string): string =>
    `<svg class="${css}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${label}">${plot(curves, frame)}</svg>`;
  return `<figure class="chart">
<figcaption>${legend(curves)}</figcaption>
${drawing(WIDE, 'wide')}
${drawing(NARROW, 'narrow')}
</figure>
`;
}

function curveText({ name, histogram }: Curve): string {
  const { p50Ns, p99Ns, p999Ns, maxNs } = histogram.summary();
  return `${name}: p50 ${spanText(p50Ns)}, p99 ${spanText(p99Ns)}, p99.9 ${spanText(p999Ns)}, max ${spanText(maxNs)}`;
}

function legend(curves: readonly Curve[]): string {
  const items = curves.map(
    ({ name }, i) =>
      `<span><svg width="30" height="10" aria-hidden="true"><path class="curve c${i}" d="M0 5h30"${dash(i)}/></svg>${escapeHtml(name)}</span>`,
  );
  return `<span class="legend">${items.join('')}</span>`;
}

function dash(i: number): string {
  return DASHES[i] === '' ? '' : ` stroke-dasharray="${DASHES[i]}"`;
}

function plot(curves: readonly Curve[], frame: Frame): string {
  const { width, height, left, right, top, bottom } = frame;
  const nines = Math.max(2, ...curves.map(({ histogram }) => Math.log10(histogram.count) + 0.12));
  const [low, high] = valueRange(curves);
  const x = (ninesOf: number): number => left + (Math.min(ninesOf, nines) / nines) * (width - left - right);
  const y = (ns: number): number =>
    top + ((Math.log10(high) - Math.log10(Math.max(ns, low))) / Math.log10(high / low)) * (height - top - bottom);
  return [
    valueAxis(frame, low, high, y),
    percentileAxis(frame, nines, x),
    ...curves.map(({ histogram }, i) => `<path class="curve c${i}"${dash(i)} d="${curvePath(histogram, x, y)}"/>`),
  ].join('\n');
}

/** In ns, with a little room, at least a factor of three apart. */
function valueRange(curves: readonly Curve[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 1;
  for (const { histogram } of curves) {
    low = Math.min(low, Math.max(1, histogram.quantile(1e-9)));
    high = Math.max(high, histogram.maxNs);
  }
  const stretch = Math.max(1, 3 / (high / low)) ** 0.5;
  return [low / stretch / 1.15, high * stretch * 1.15];
}

function valueAxis(frame: Frame, low: number, high: number, y: (ns: number) => number): string {
  const { width, left, right } = frame;
  const decades = Math.log10(high / low);
  const lines: string[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.log10(high); exponent++) {
    for (const digit of decades > 3.2 ? [1] : [1, 2, 5]) {
      const ns = digit * 10 ** exponent;
      if (ns < low || ns > high) continue;
      const at = y(ns).toFixed(1);
      lines.push(
        `<line class="${digit === 1 ? 'grid' : 'minor'}" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>`,
      );
      lines.push(`<text x="${left - 8}" y="${at}" dy="4" text-anchor="end">${spanText(ns)}</text>`);
    }
  }
  return lines.join('');
}

/** Of the charts' text, about. */
const LETTER_PX = 7;

function percentileAxis(frame: Frame, nines: number, x: (nines: number) => number): string {
  const { width, height, left, right, top, bottom } = frame;
  const foot = height - bottom;
  const lines = [`<line class="axis" x1="${left}" x2="${width - right}" y1="${foot}" y2="${foot}"/>`];
  const marks: [number, string][] = [[Math.log10(2), '50 %']];
  for (let nine = 0; nine <= nines; nine++) marks.push([nine, percentileText(nine)]);
  let freeFrom = 0;
  for (const [at, text] of marks.sort(([a], [b]) => a - b)) {
    lines.push(`<line class="grid" x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${top}" y2="${foot}"/>`);
    // Towards the edge of a narrow chart there may be no room for a label.
    const half = text.length * LETTER_PX * 0.5;
    const middle = Math.min(x(at), width - half);
    if (middle - half < freeFrom) continue;
    lines.push(`<text x="${middle.toFixed(1)}" y="${foot + 17}" text-anchor="middle">${text}</text>`);
    freeFrom = middle + half + LETTER_PX;
  }
  lines.push(`<text x="${width - right}" y="${height - 6}" text-anchor="end">percentile, log of 1 / (1 − p)</text>`);
  return lines.join('');
}

/** 0 %, 90 %, 99 %, 99.9 % … */
function percentileText(nines: number): string {
  if (nines === 0) return '0 %';
  return nines <= 2 ? `${'9'.padEnd(2, nines === 1 ? '0' : '9')} %` : `99.${'9'.repeat(nines - 2)} %`;
}

/** Points nearer than this to the last one drawn are left out. */
const LEAST_STEP = 0.7;

function curvePath(histogram: Histogram, x: (nines: number) => number, y: (ns: number) => number): string {
  const { count, maxNs } = histogram;
  let path = '';
  let seen = 0;
  let lastX = 0;
  let lastY = 0;
  histogram.forEachBucket((_lowNs, highNs, inBucket) => {
    const fromX = x(-Math.log10(1 - seen / count));
    seen += inBucket;
    const toX = seen >= count ? x(Number.POSITIVE_INFINITY) : x(-Math.log10(1 - seen / count));
    const atY = y(Math.min(highNs, maxNs));
    const isLast = seen >= count;
    if (path === '') path = `M${fromX.toFixed(1)} ${atY.toFixed(1)}`;
    else if (!isLast && toX - lastX < LEAST_STEP && Math.abs(atY - lastY) < LEAST_STEP) return;
    else path += `V${atY.toFixed(1)}`;
    // A curve ends where its own samples end, not at the edge that the largest of all curves gave the chart.
    const endX = isLast ? Math.min(toX, x(Math.log10(count) + 0.1)) : toX;
    path += `H${endX.toFixed(1)}`;
    lastX = endX;
    lastY = atY;
  });
  return path;
}

const STRIP = { width: 150, height: 18, pad: 6 };

/** Every run as a dot, the best (left, filled) to the worst; the bar is the median. `span`: what the width stands for, as a share of the best. */
export function runStrip(runs: readonly number[], best: number, median: number, span: number): string {
  const { width, height, pad } = STRIP;
  const at = (value: number): number => {
    const away = best === 0 ? 0 : Math.abs(value / best - 1);
    return pad + Math.min(1, away / span) * (width - 2 * pad);
  };
  const middle = height / 2;
  const dots = [...runs]
    .sort((a, b) => Math.abs(b - best) - Math.abs(a - best))
    .map(
      (value) =>
        `<circle${value === best ? ' class="best"' : ''} cx="${at(value).toFixed(1)}" cy="${middle}" r="3.6"/>`,
    );
  return `<svg class="strip" width="${width}" height="${height}" aria-hidden="true"><line x1="${pad}" x2="${width - pad}" y1="${middle}" y2="${middle}"/><rect x="${(at(median) - 0.75).toFixed(1)}" y="2" width="1.5" height="${height - 4}"/>${dots.join('')}</svg>`;
}
