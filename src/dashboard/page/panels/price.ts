/** Trades of the instrument over time as a line, own fills on it: a triangle up is a buy, down a sell. */
import type uPlot from 'uplot';
import { Chart } from '../chart.ts';
import type { PageContext } from '../context.ts';
import { frame, setText } from '../dom.ts';
import { decimal } from '../format.ts';
import type { Panel } from '../renderer.ts';
import { colour } from '../theme.ts';

const SIZE_PX = 5;

export function pricePanel(page: PageContext): Panel {
  const { store } = page;
  const ownFills = () => store.fills.filter((fill) => fill[4] === store.selected);
  const chart = new Chart({
    label: 'Price of trades over time, with own fills',
    lines: [{ label: 'trades', colour: '--text', isStepped: true }],
    height: 190,
    y: (ticks) => store.text('price', store.selected, ticks),
    over: (plot) => drawFills(plot),
  });

  function drawFills(plot: uPlot): void {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    const size = SIZE_PX * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const [, tsNs, , , , side, ticks] of ownFills()) {
      const x = plot.valToPos(tsNs, 'x', true);
      const y = plot.valToPos(ticks, 'y', true);
      const tip = side === 1 ? -size : size;
      ctx.beginPath();
      ctx.moveTo(x, y + tip);
      ctx.lineTo(x - size, y - tip);
      ctx.lineTo(x + size, y - tip);
      ctx.closePath();
      ctx.fillStyle = colour(side === 1 ? '--bid' : '--ask');
      ctx.fill();
      ctx.strokeStyle = colour('--panel');
      ctx.lineWidth = devicePixelRatio;
      ctx.stroke();
    }
    ctx.restore();
  }

  const panel = frame('price', 'Price and own fills', chart.element);
  return {
    section: panel.section,
    topics: ['trades', 'fills', 'instruments', 'selected'],
    everyMs: 250,
    draw: () => {
      const { trades } = store;
      panel.empty(trades.length === 0 ? 'No trade of this instrument yet.' : '');
      const fills = ownFills().length;
      setText(panel.note, fills === 0 ? '' : `${decimal(fills)} own fills: ▲ buy ▼ sell`);
      if (trades.length > 0) chart.draw([trades.map(([, ns]) => ns), trades.map((trade) => trade[4])]);
    },
  };
}
