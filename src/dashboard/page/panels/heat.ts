/**
 * The book over time, on a canvas: a column per moment, a row per price, the deeper the colour the more quantity (bids blue, asks
 * orange, the touch as a line). One small image, a pixel a cell, that the canvas stretches: a redraw costs some 0.2 ms.
 */
import type { DepthPayload } from '../../protocol.ts';
import type { PageContext } from '../context.ts';
import { el, frame, setText } from '../dom.ts';
import { duration } from '../format.ts';
import type { Panel } from '../renderer.ts';
import { channels, colour } from '../theme.ts';

const COLUMNS = 240;
/** At most; fewer where there are fewer prices, as a row between two prices would be a white stripe. */
const ROWS = 80;
const LEAST_ROWS = 8;
const EVERY_MS = 125;
/** Columns that the width shows at least: a few moments are not stretched over all of it. */
const LEAST_COLUMNS = 40;
const MARGIN_PX = 6;

export function heatPanel(page: PageContext): Panel {
  const { store } = page;
  const canvas = el('canvas', { class: 'heat', role: 'img', 'aria-label': 'Quantity in the book by price over time' });
  const panel = frame('heat', 'Book over time', canvas);
  const cells = document.createElement('canvas');
  cells.width = COLUMNS;
  cells.height = ROWS;
  let moments: DepthPayload[] = [];

  // Asking an element for its size in the middle of a frame would have everything laid out at once.
  let width = 0;
  let height = 0;
  new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    height = contentRect.height;
    paint();
  }).observe(canvas);

  function paint(): void {
    const ratio = devicePixelRatio;
    if (width === 0 || moments.length === 0) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext('2d');
    const small = cells.getContext('2d');
    if (context === null || small === null) return;
    const scale = scaleOf(moments);
    small.putImageData(imageOf(moments, scale), 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    context.font = '11px system-ui, sans-serif';
    const widest = context.measureText(store.text('price', store.selected, scale.high)).width;
    const plotWidth = width - widest - 2 * MARGIN_PX;
    const shown = Math.max(LEAST_COLUMNS, moments.length);
    context.drawImage(cells, COLUMNS - shown, 0, shown, scale.rows, 0, 0, plotWidth, height);
    drawTouch(context, scale, plotWidth, height);
    drawAxis(context, scale, width - MARGIN_PX, height);
  }

  function drawTouch(context: CanvasRenderingContext2D, scale: Scale, width: number, height: number): void {
    const shown = Math.max(LEAST_COLUMNS, moments.length);
    const step = width / shown;
    for (const side of ['bids', 'asks'] as const) {
      context.beginPath();
      context.strokeStyle = colour(side === 'bids' ? '--bid' : '--ask');
      context.lineWidth = 1.5;
      for (const [i, moment] of moments.entries()) {
        const best = moment[side][0];
        if (best === undefined) continue;
        const x = (shown - moments.length + i) * step;
        const y = ((scale.high - best[0]) / (scale.high - scale.low)) * height;
        context.lineTo(x, y);
        context.lineTo(x + step, y);
      }
      context.stroke();
    }
  }

  function drawAxis(context: CanvasRenderingContext2D, scale: Scale, right: number, height: number): void {
    context.fillStyle = colour('--muted');
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    const labels = Math.max(2, Math.floor(height / 45));
    for (let i = 0; i <= labels; i++) {
      const y = 8 + ((height - 16) * i) / labels;
      const ticks = scale.high - ((scale.high - scale.low) * y) / height;
      context.fillText(store.text('price', store.selected, Math.round(ticks)), right, y);
    }
  }

  return {
    section: panel.section,
    topics: ['depth', 'selected'],
    everyMs: EVERY_MS,
    draw: () => {
      const { depth } = store;
      const last = moments.at(-1);
      if (depth === null || depth.instrument !== last?.instrument || depth.tsNs < last.tsNs) moments = [];
      if (depth !== null && depth.bids.length + depth.asks.length > 0 && depth.tsNs !== moments.at(-1)?.tsNs) {
        moments.push(depth);
        if (moments.length > COLUMNS) moments.shift();
      }
      panel.empty(moments.length === 0 ? 'Builds up while the book moves.' : '');
      const spanNs = moments.length < 2 ? 0 : moments[moments.length - 1].tsNs - moments[0].tsNs;
      setText(panel.note, spanNs > 0 ? `last ${duration(spanNs)}` : '');
      paint();
    },
  };
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly mostLots: number;
}

/** Prices from the touch as far as the book of the moments reaches, the far outliers left out. */
function scaleOf(moments: readonly DepthPayload[]): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let mostLots = 0;
  let step = Number.POSITIVE_INFINITY;
  for (const { bids, asks } of moments) {
    const reach = 8;
    for (const side of [bids, asks]) {
      const last = side[Math.min(reach, side.length - 1)];
      if (last === undefined) continue;
      low = Math.min(low, last[0], side[0][0]);
      high = Math.max(high, last[0], side[0][0]);
      for (const [, lots] of side) mostLots = Math.max(mostLots, lots);
      for (let i = 1; i < side.length; i++) step = Math.min(step, Math.abs(side[i][0] - side[i - 1][0]));
    }
  }
  if (!(high > low)) return { low: low - 5, high: low + 5, rows: ROWS, mostLots };
  if (!Number.isFinite(step)) step = high - low;
  const steps = Math.round((high - low) / step) + 1;
  return { low: low - step / 2, high: high + step / 2, rows: Math.max(LEAST_ROWS, Math.min(ROWS, steps)), mostLots };
}

function imageOf(moments: readonly DepthPayload[], { low, high, rows, mostLots }: Scale): ImageData {
  const image = new ImageData(COLUMNS, rows);
  const lots = new Float64Array(rows);
  const perRow = (high - low) / rows;
  for (const [i, moment] of moments.entries()) {
    for (const side of ['bids', 'asks'] as const) {
      const [red, green, blue] = channels(side === 'bids' ? '--bid' : '--ask');
      lots.fill(0);
      for (const [ticks, qty] of moment[side]) {
        const row = Math.floor((high - ticks) / perRow);
        if (row >= 0 && row < rows) lots[row] += qty;
      }
      for (let row = 0; row < rows; row++) {
        if (lots[row] === 0) continue;
        const at = (row * COLUMNS + COLUMNS - moments.length + i) * 4;
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        // By the logarithm: a few large orders must not hide the rest.
        image.data[at + 3] = 30 + 200 * Math.min(1, Math.log1p((lots[row] / mostLots) * 50) / Math.log(51));
      }
    }
  }
  return image;
}
